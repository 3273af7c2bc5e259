import { expect, test } from "vitest";
import { ObservationOptions, observationAndReasoning } from "./observation-and-reasoning.ts";
import { parseObservations } from "./observations.ts";

const pair = (n: number) => `I look. <action>look ${n}</action> <observation>see ${n}</observation>`;
const TEXT = `${pair(1)}${pair(2)}${pair(3)} So <answer>B</answer>`;

test("pairs, answer and form are read", () => {
  const { pairs, answer, wellFormed } = parseObservations(TEXT);
  expect(pairs.map(({ action, observation }) => [action.text, observation.text])).toEqual([
    ["look 1", "see 1"],
    ["look 2", "see 2"],
    ["look 3", "see 3"],
  ]);
  expect([answer, wellFormed]).toEqual(["B", true]);
});

test.each([
  ["<answer>B</answer>", 0, "B", true],
  [`<action>a</action>${pair(1)}<answer>B</answer>`, 1, "B", false], // an action that saw nothing
  [`<observation>a</observation>${pair(1)}<answer>B</answer>`, 1, "B", false],
  [`${pair(1)}<answer>A</answer><answer>B</answer>`, 1, "B", false],
  [`<answer>B</answer>${pair(1)}`, 1, "B", false], // answered before it looked
  [pair(1), 1, null, false],
  [`${pair(1)}<answer>B`, 1, null, false],
  ["", 0, null, false],
])("%j: %i pairs, answer %j, well formed %s", (text, pairs, answer, wellFormed) => {
  const parsed = parseObservations(text);
  expect([parsed.pairs.length, parsed.answer, parsed.wellFormed]).toEqual([pairs, answer, wellFormed]);
});

const score = (text: string, correct: boolean, observed: boolean[], sufficient: boolean, options: object = {}) =>
  observationAndReasoning(parseObservations(text), { correct, observed, sufficient }, ObservationOptions.parse(options))?.score;

// ReWatch-R1, acceptance 1 and 2
test.each([
  ["right, two of three seen, enough", score(TEXT, true, [true, true, false], true), 1 + 2 / 3 + 1 + 1],
  ["the same, not enough", score(TEXT, true, [true, true, false], false), 1 + 2 / 3 + 1],
  ["wrong", score(TEXT, false, [true, true, false], false), 1],
  ["right without pairs", score("<answer>B</answer>", true, [], true), 2],
  ["the same where pairs are required", score("<answer>B</answer>", true, [], true, { pairs_required: true }), 1],
  ["wrong, but all was seen and enough: 1, never 3", score(TEXT, false, [true, true, true], true), 1],
  ["no answer", score(pair(1), true, [true], true), 0],
])("%s", (_, given, expected) => expect(given).toBeCloseTo(expected, 12));

test("every pair is scored where it stands", () => {
  const { steps } = observationAndReasoning(
    parseObservations(TEXT),
    { correct: true, observed: [true, false, true], sufficient: true },
    ObservationOptions.parse({}),
  )!;
  expect(steps.map((step) => [TEXT.slice(step.start, step.end), step.score])).toEqual([
    ["look 1</action> <observation>see 1", 1],
    ["look 2</action> <observation>see 2", 0],
    ["look 3</action> <observation>see 3", 1],
  ]);
});

test("a verdict that lacks is a judge that failed", () => expect(score(TEXT, true, [true], true)).toBeUndefined());
