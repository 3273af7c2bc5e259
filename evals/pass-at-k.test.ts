import { expect, test } from "vitest";
import { passAtK } from "./pass-at-k.ts";

test.each([
  [8, 3, 4, 1 - 5 / 70], // (5 choose 4) = 5 of (8 choose 4) = 70 draws hold none of the three
  [4, 1, 1, 1 / 4],
  [4, 2, 2, 1 - 1 / 6],
  [4, 3, 2, 1], // only one is wrong: any two hold a right one
  [5, 0, 3, 0],
  [5, 5, 5, 1],
  [1, 1, 1, 1],
])("n %i, c %i, k %i: %d", (n, c, k, expected) => expect(passAtK(n, c, k)).toBeCloseTo(expected, 12));

test("with one draw it is the share", () => {
  for (let c = 0; c <= 7; c++) expect(passAtK(7, c, 1)).toBeCloseTo(c / 7, 12);
});

test.each([
  [4, 5, 1],
  [4, 1, 5],
  [4, 1, 0],
])("n %i, c %i, k %i is a bug", (n, c, k) => expect(() => passAtK(n, c, k)).toThrow(/pass@/));
