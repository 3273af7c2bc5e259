import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { pointHit } from "./point-hit.ts";

const box = { box: [0, 0, 10, 10] };
const ring = { point: [50, 50], radius: 5 };
const mask = { mask: { size: [2, 2], counts: [2, 1, 1] } }; // top right pixel

test.each<[string, unknown, object, number]>([
  ["(5, 5)", box, {}, 1],
  ["(10, 10)", box, {}, 1],
  ["(10.1, 10)", box, {}, 0],
  ["(99, 99) no: (5, 5)", box, {}, 1],
  ["(5, 5) no: (99, 99)", box, {}, 0],
  ["(53, 54)", ring, {}, 1], // 3, 4: exactly 5 away
  ["(54, 54)", ring, {}, 0],
  ["(1.5, 0.5)", mask, {}, 1],
  ["(0.5, 0.5)", mask, {}, 0],
  ["(5,5) (50,50) (99,99)", [box, ring], { mode: "share" }, 2 / 3],
  ["(5,5) (50,50) (99,99)", [box, ring], { mode: "f1" }, 4 / 5],
  ["(5,5) (6,6)", [box, ring], { mode: "f1" }, 1 / 2], // one box takes one point: 2 / (2 + 2)
  ["(5,5)".repeat(100), box, { mode: "f1" }, 2 / 101],
  ["(,5)", box, {}, 0],
  ["", box, { mode: "share" }, 0],
])("%j in %j with %j scores %f", async (completion, target, options, expected) => {
  expect((await scored(pointHit, completion, target, options)).score).toBeCloseTo(expected, 12);
});

test("bad regions are refused", () => {
  for (const value of [[], { box: [5, 5, 0, 0] }, { point: [1, 2], radius: 0 }, { mask: { size: [2, 2], counts: [1] } }, {}]) {
    expect(pointHit.target.safeParse(value).success).toBe(false);
  }
});
