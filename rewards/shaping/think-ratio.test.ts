import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { thinkRatio } from "./think-ratio.ts";

const score = (think: number, answer: number) =>
  thinkRatio.score(
    rewardInput({
      completion: `<think> ${"a".repeat(think)}</think><answer>${"b".repeat(answer)} </answer>`,
      target: undefined,
      options: thinkRatio.options!.parse({ low: 2, high: 4 }),
    }),
  );

test.each([
  [4, 2, 1],
  [8, 2, 1],
  [6, 2, 1],
  [2, 2, 1 / 2], // ratio 1 of 2
  [16, 2, 1 / 2], // 4 of 8
  [0, 2, 0],
  [4, 0, 0],
])("%i to %i scores %f", (think, answer, expected) => expect(score(think, answer)).toBe(expected));

test.each([{ low: 0 }, { low: 3, high: 2 }, { think: "<a>" }])("%j is refused", (options) => {
  expect(thinkRatio.options!.safeParse(options).success).toBe(false);
});
