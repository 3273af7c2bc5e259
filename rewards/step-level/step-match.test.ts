import { expect, test } from "vitest";
import type { StepScore } from "../../core/types.ts";
import { rewardInput } from "../define.ts";
import { stepMatch } from "./step-match.ts";

type Returned = { score: number; steps: StepScore[]; metrics: Record<string, number> };
const ask = (completion: string, options: object = {}, target: unknown = ["a cat", "two dogs", "3"]) =>
  stepMatch.score(
    rewardInput({ completion, target: stepMatch.target.parse(target), options: stepMatch.options!.parse(options) }),
  ) as Returned;

// expected: a cat, two dogs, 3. [place, sequence, any]
test.each([
  ["A cat.\ntwo dogs\n3.0", [1, 1, 1]],
  ["a cat\ntwo dogs", [2 / 3, 2 / 3, 2 / 3]],
  ["so\na cat\ntwo dogs\n3", [0, 3 / 4, 3 / 4]], // one too many: 3 of 4
  ["3\na cat\ntwo dogs", [0, 2 / 3, 1]],
  ["3\ntwo dogs\na cat", [1 / 3, 1 / 3, 1]],
  ["a cat\na cat\na cat", [1 / 3, 1 / 3, 1 / 3]], // each expected step once
  ["", [0, 0, 0]],
])("%j scores %j", (completion, expected) => {
  const scores = ["place", "sequence", "any"].map((order) => ask(completion, { order }).score);
  for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(expected[i]!, 12);
});

test("measures: 2 of 3 expected in 4 given", () => {
  const completion = "a cat\ntwo dogs\nx\ny";
  const measured = ["strict", "recall", "precision", "f1"].map((measure) => ask(completion, { measure }).score);
  for (const [i, expected] of [2 / 4, 2 / 3, 2 / 4, 2 / 3.5].entries()) expect(measured[i]).toBeCloseTo(expected, 12);
  expect(ask(completion).metrics).toEqual({ recall: 2 / 3, precision: 2 / 4 });
});

test("every step is scored where it stands", () => {
  const completion = "<think>Step 1: see a cat\nStep 2: see a dog\nStep 3: so 3</think>";
  const { steps } = ask(completion, { split: "labelled", within: "think", compare: "contains" });
  expect(steps.map(({ name, start, end, score }) => [name, completion.slice(start, end), score])).toEqual([
    ["step/0", "see a cat", 1],
    ["step/1", "see a dog", 0],
    ["step/2", "so 3", 1],
  ]);
});

test("words: partial agreement is partial credit", () => {
  // the red cat: 2 * 2 / 5 = 0.8 of "the cat"
  expect(ask("the red cat", { compare: "words" }, ["the cat"]).score).toBeCloseTo(0.8, 12);
});

test("a thousand guesses don't pay", () => {
  const completion = Array.from({ length: 1000 }, (_, i) => `${i}`).join("\n");
  expect(ask(completion, { order: "any", max_steps: 1000 }, [1, 2]).score).toBe(2 / 1000);
  expect(ask(completion, { order: "any" }, [1, 2]).score).toBe(2 / 1000); // those beyond max_steps cost too
});

test.each([[[]], [["a", " "]], ["a"], [undefined], [[Number.NaN]], [Array(201).fill("a")]])("target %j is refused", (target) => {
  expect(stepMatch.target.safeParse(target).success).toBe(false);
});

test.each([{ order: "none" }, { measure: "mean" }, { threshold: 2 }, { splits: "lines" }])("%j is refused", (options) => {
  expect(stepMatch.options!.safeParse(options).success).toBe(false);
});
