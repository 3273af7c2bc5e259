import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { COCO_SIGMAS } from "../geometry/keypoints.ts";
import { keypointsOks } from "./keypoints-oks.ts";

const target = {
  keypoints: [
    [10, 10, 2],
    [20, 10, 1],
    [0, 0, 0],
  ],
  area: 100,
  sigmas: [0.1, 0.05, 0.1],
};
// d = 2 at sigma 0.1: exp(-4 / (2 * 100 * 0.2^2)) = exp(-0.5); at sigma 0.05: exp(-4 / (2 * 100 * 0.1^2)) = exp(-2)
test.each([
  ["[[10, 10], [20, 10], [99, 99]]", 1], // what is not labelled does not count
  ["[[12, 10], [20, 12], null]", (Math.exp(-0.5) + Math.exp(-2)) / 2],
  ["[[10, 10], null, null]", 1 / 2],
  ["[[10, 10]]", 1 / 2],
  ["the points are ```json\n[[10, 10], [20, 10]]\n``` so", 1],
  ["[[10, 10, 2], [20, 10, 1], [0, 0, 0]]", 1],
  ['[["10", "10"], [20]]', 0],
  ["[[10,10],[20,10],[0,0],[1,1]]", 0],
  ["[[,],[,]]", 0],
  ["", 0],
])("%j scores %f", async (completion, expected) => {
  expect((await scored(keypointsOks, completion, target)).score).toBeCloseTo(expected, 12);
});

test("COCO's 17, left and right alike", () => {
  expect(COCO_SIGMAS.length).toBe(17);
  for (let i = 1; i < 17; i += 2) expect(COCO_SIGMAS[i]).toBe(COCO_SIGMAS[i + 1]);
  expect([COCO_SIGMAS[0], COCO_SIGMAS[11], COCO_SIGMAS[15]]).toEqual([0.026, 0.107, 0.089]);
  expect(keypointsOks.target.safeParse({ ...target, sigmas: undefined }).success).toBe(false);
  expect(
    keypointsOks.target.safeParse({
      ...target,
      keypoints: [
        [1, 1, 0],
        [1, 1, 0],
        [1, 1, 0],
      ],
    }).success,
  ).toBe(false);
});
