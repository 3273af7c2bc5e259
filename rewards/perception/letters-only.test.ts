import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { lettersOnly } from "./letters-only.ts";

test.each([
  ["<answer>(b)</answer>", 1],
  ["<answer>B. red</answer>", 0], // "Bred"
  ["B", 1],
  ["<answer>BB</answer>", 0],
  ["<answer></answer>", 0],
  ["", 0],
])("%j is B: %i", async (completion, expected) => {
  expect((await scored(lettersOnly, completion, "B")).score).toBe(expected);
});
