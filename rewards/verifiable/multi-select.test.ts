import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { multiSelect } from "./multi-select.ts";

const EIGHT = ["a", "b", "c", "d", "e", "f", "g", "h"];

function score(answer: string, options: object = {}, target = [0, 3, 5], all: unknown = EIGHT): number {
  const returned = multiSelect.score(
    rewardInput({
      completion: `<answer>${answer}</answer>`,
      target,
      options: multiSelect.options!.parse(options) as never,
      example: { options: all },
    }),
  );
  return typeof returned === "number" ? returned : (returned as { score: number }).score;
}

// RS-EoT: N = 8, true {0,3,5}
test.each<[string, number]>([
  ["[0, 3, 5]", 1],
  ["0,3,6", 0.75], // 5 missed, 6 wrong: 1 - 2/8
  ["[]", 0.625], // three missed: 1 - 3/8
  ["none", 0.625],
  ["0 1 2 3 4 5 6 7", 0.375], // five too many: 1 - 5/8
  ["A, D and F", 1],
  ["(A) (D) (F)", 1],
  ["0, 3, 5, 5", 1], // twice is once
  ["", 0], // unreadable is not "nothing selected"
  ["all of them", 0],
  ["0, 3, 8", 0], // there is no eighth
  ["-1", 0],
  ["0.5", 0],
  ["1e0", 0],
])("%j scores %f", (answer, expected) => {
  expect(score(answer)).toBe(expected);
});

test("exact gives no partial credit", () => {
  expect(score("0,3,6", { exact: true })).toBe(0);
  expect(score("5,3,0", { exact: true })).toBe(1);
});

test("a row whose labels do not fit its options is an error", () => {
  expect(() => score("0", {}, [8])).toThrow("beyond the 8 options");
  expect(() => score("0", {}, [0], null)).toThrow("not a list");
  for (const bad of [[-1], [0, 0], [0.5], "0"]) expect(multiSelect.target.safeParse(bad).success).toBe(false);
});
