import { expect, test } from "vitest";
import { aggregationWeights } from "./weights.ts";

// completions of 4, 1 and 0 trained tokens: 5 tokens, 3 completions
test.each([
  ["token_mean", [1 / 5, 1 / 5, 0]],
  ["token_sum", [1, 1, 0]],
  ["sequence_mean_token_mean", [1 / 12, 1 / 3, 0]],
  ["sequence_mean_token_sum", [1 / 3, 1 / 3, 0]],
  ["sequence_mean_token_sum_norm", [1 / 30, 1 / 30, 0]],
  ["dr_grpo", [1 / 30, 1 / 30, 0]],
  ["luspo", [1 / 3, 1 / 3, 0]],
])("%s", (aggregation, expected) => {
  expect(aggregationWeights([4, 1, 0], { aggregation, length: 10, count_masked: true })).toEqual(expected);
});

test("a completion that is masked whole may be left out of the count", () => {
  const options = { aggregation: "sequence_mean_token_mean", length: 10, count_masked: false };
  expect(aggregationWeights([4, 1, 0], options)).toEqual([1 / 8, 1 / 2, 0]);
});

test("of nothing there is nothing", () => {
  expect(aggregationWeights([0, 0], { aggregation: "token_mean", length: 10, count_masked: true })).toEqual([0, 0]);
});
