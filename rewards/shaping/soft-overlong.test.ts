import { expect, test } from "vitest";
import golden from "../../tests/fixtures/rewards/lengths.json" with { type: "json" };
import { rewardInput } from "../define.ts";
import { softOverlong } from "./soft-overlong.ts";

const at = (tokens: number, options: object) =>
  softOverlong.score(rewardInput({ completion: "", tokens, target: undefined, options: softOverlong.options!.parse(options) }));
const limits = { max_tokens: 100, cache: 20 };

test.each([
  ["soft overlong, TRL", ["trl"]],
  ["soft overlong, verl and ms-swift (no floor)", ["verl", "ms_swift"]],
])("%s: golden numbers", (name, forms) => {
  const { lengths, values, options } = golden.length_rewards.find((one) => one.name === name)!;
  expect(options).toEqual({ max_completion_len: 100, soft_punish_cache: 20 });
  for (const form of forms) {
    for (const [i, length] of lengths!.entries()) expect(at(length, { ...limits, form })).toBeCloseTo(values[i]!, 12);
  }
});

test("nothing is paid and nothing taken before the cache", () => {
  expect([0, 1, 79, 80].map((tokens) => at(tokens, limits))).toEqual([0, 0, 0, 0]);
});

test("the factor scales the forms without a floor", () => {
  expect(at(90, { ...limits, form: "verl", factor: 0.5 })).toBe(-0.25); // (80 - 90) / 20 * 0.5
  expect(at(90, { ...limits, form: "verl", factor: 0 })).toBe(0);
});

test.each([
  [{}],
  [{ max_tokens: 100, cache: 100 }],
  [{ max_tokens: 100, cache: 0 }],
  [{ ...limits, factor: 2 }],
  [{ ...limits, form: "dapo" }],
])("%j is refused", (options) => expect(softOverlong.options!.safeParse(options).success).toBe(false));
