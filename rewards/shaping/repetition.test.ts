import { expect, test } from "vitest";
import golden from "../../tests/fixtures/rewards/lengths.json" with { type: "json" };
import { rewardInput } from "../define.ts";
import { repetition, repetitionPenalty } from "./repetition.ts";

test("golden numbers over token ids", () => {
  const { completion_ids, values } = golden.length_rewards.find((one) => one.name === "repetition penalty, n 2, max -1")!;
  for (const [i, ids] of completion_ids!.entries()) expect(repetitionPenalty(ids, 2, -1)).toBeCloseTo(values[i]!, 12);
});

test.each([
  ["a b c d", 0],
  ["a b a B", -1 / 3], // ab, ba, ab: 2 of 3 differ
  ["a a a a a", -3 / 4], // 1 of 4
  ["a", 0], // shorter than n
  ["", 0],
  ["  \n ", 0],
])("%j scores %f with n = 2", (completion, expected) => {
  const options = repetition.options!.parse({ n: 2 });
  expect(repetition.score(rewardInput({ completion, target: undefined, options }))).toBeCloseTo(expected, 12);
});

test("a penalty of 0 is 0, and never -0", () => expect(repetitionPenalty([1, 1, 1], 1, 0)).toBe(0));

test.each([{ n: 0 }, { n: 1.5 }, { max_penalty: 1 }])("%j is refused", (options) => {
  expect(repetition.options!.safeParse(options).success).toBe(false);
});
