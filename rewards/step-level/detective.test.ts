import { expect, test } from "vitest";
import { DetectiveOptions, type DetectiveRound, detectiveReward, frameIdentification, frameRetrieval, roundScores } from "./detective.ts";
import { frameScores, parseRound } from "./detective-round.ts";

const LABELS = [1, 5, 4, 1, 3, 1, 1, 5, 4, 4, 1, 1];
const round = (shown: number[], scores: [number, number][]): DetectiveRound => ({ shown, scores: new Map(scores) });
const FIRST = round(
  [0, 2, 4, 6, 8, 10],
  [
    [2, 5],
    [4, 3],
  ],
);
const SECOND = round(
  [1, 7, 9],
  [
    [1, 5],
    [7, 4],
    [9, 3],
  ],
);
const options = DetectiveOptions.parse({});
const reward = (rounds: DetectiveRound[], outcome: number, format = true) =>
  detectiveReward({ format, outcome, rounds, labels: LABELS }, options);

test("Conan, acceptance 1: {2} of {2, 8}, then {1, 7} of {1, 7, 9}; all evidence that was left was retrieved", () => {
  expect(roundScores([FIRST, SECOND], LABELS)).toEqual([1 / 2, 2 / 3]);
  expect(frameIdentification([FIRST, SECOND], LABELS)).toBeCloseTo(0.5833, 4);
  expect(frameRetrieval([FIRST, SECOND], LABELS, options)).toBe(1);
});

// acceptance 2
test.each([
  ["right", [FIRST, SECOND], 1, 3.0833],
  ["wrong", [FIRST, SECOND], 0, 0.5],
  ["right in the first round", [FIRST], 1, 2.5], // identification stands in for retrieval
])("%s", (_, rounds, outcome, expected) => expect(reward(rounds, outcome)).toBeCloseTo(expected, 4));

test("from the messages themselves: a frame every 5 seconds, the first at second 5", () => {
  const first = parseRound(
    "<score>00:00:15: 5, 00:00:25: 3</score><think>a</think><clip>00:00:10, 00:00:40-00:00:50</clip><answer></answer>",
  );
  const second = parseRound("<score>00:00:10: 5, 00:00:40: 4, 00:00:50: 3</score><think>b</think><clip></clip><answer>B</answer>");
  const shown = [FIRST.shown, SECOND.shown];
  const rounds = [first, second].map(({ scores }, i) => ({
    shown: shown[i]!,
    scores: frameScores(scores, shown[i]!, (frame) => 5 * (frame + 1)),
  }));
  expect(rounds).toEqual([FIRST, SECOND]);
  expect(reward(rounds, 1, second.wellFormed)).toBeCloseTo(3.0833, 4);
});

test("without form, and with a free answer that is half right", () => {
  expect(reward([FIRST], 0.5, false)).toBeCloseTo(1.5, 12);
});

test("acceptance 6: scores that can't be read are empty for their round alone", () => {
  expect(roundScores([round(FIRST.shown as number[], []), SECOND], LABELS)).toEqual([0, 2 / 3]);
});

test("a round without evidence or context on either side is not counted", () => {
  expect(roundScores([round([0, 3], [[0, 1]])], LABELS)).toEqual([null]);
  expect(frameIdentification([round([0, 3], [[0, 1]])], LABELS)).toBe(0);
  expect(roundScores([round([0, 3], [[0, 3]])], LABELS)).toEqual([0]); // a distractor taken for context
  expect(roundScores([round([4, 3], [[4, 3]])], LABELS)).toEqual([1]); // context and nothing else
});

test("without evidence on one side, context is compared", () => {
  expect(
    roundScores(
      [
        round(
          [2, 4],
          [
            [2, 3],
            [4, 3],
          ],
        ),
      ],
      LABELS,
    ),
  ).toEqual([1]); // said 3 and 3, where the labels are 4 and 3
  expect(
    roundScores(
      [
        round(
          [4, 0],
          [
            [4, 5],
            [0, 3],
          ],
        ),
      ],
      LABELS,
    ),
  ).toEqual([1 / 2]); // said 5 and 3, where they are 3 and 1
});

test("retrievals", () => {
  const from = (...shown: number[][]) => frameRetrieval([FIRST, ...shown.map((frames) => round(frames, []))], LABELS, options);
  expect(from([1, 3])).toBeCloseTo(1 / 3, 12); // one of three
  expect(from([3, 5])).toBe(0);
  expect(from([1, 7], [9])).toBeCloseTo((2 / 3 + 1) / 2, 12); // what was shown is out of the pool
  expect(from([2, 8])).toBe(0); // nothing new
  const precision = DetectiveOptions.parse({ retrieval: "precision" });
  expect(frameRetrieval([FIRST, round([1, 3, 5, 7], [])], LABELS, precision)).toBe(1 / 2);
  // no evidence is left: context counts
  expect(frameRetrieval([round([0], []), round([1], [])], [1, 3, 3], options)).toBe(1 / 2);
  // more evidence than the budget brings
  expect(frameRetrieval([round([], []), round([0, 1], [])], Array(10).fill(5), DetectiveOptions.parse({ budget: 2 }))).toBe(1);
});

test("no rounds", () => expect(reward([], 1)).toBe(1.5));
