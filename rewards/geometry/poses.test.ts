import { expect, test } from "vitest";
import { corners, followed, insidePolygon, type Pose, progressAlong, touches, withHeadings, wrapped } from "./poses.ts";

test("AutoVLA: ahead, ahead with a turn to the left, ahead", () => {
  const [A, B]: Pose[] = [
    [1, 0, 0],
    [1, 0, Math.PI / 2],
  ];
  const poses = followed([A!, B!, A!]);
  for (const [i, expected] of [
    [1, 0, 0],
    [2, 0, Math.PI / 2],
    [2, 1, Math.PI / 2],
  ].entries()) {
    for (const [k, value] of expected.entries()) expect(poses[i]![k]).toBeCloseTo(value, 12);
  }
});

test("angles are wrapped", () => {
  expect(wrapped(1.5 * Math.PI)).toBeCloseTo(-Math.PI / 2, 12);
  expect(wrapped(-1.5 * Math.PI)).toBeCloseTo(Math.PI / 2, 12);
  expect(wrapped(Math.PI)).toBe(Math.PI);
});

test("headings of points follow their steps", () => {
  expect(
    withHeadings([
      [1, 0],
      [1, 0],
      [1, 1],
    ]),
  ).toEqual([
    [1, 0, 0],
    [1, 0, 0],
    [1, 1, Math.PI / 2],
  ]);
});

test("a car of 2 x 4.8 m", () => {
  expect(corners([0, 0, 0], [2, 4.8])).toEqual([
    [2.4, 1],
    [2.4, -1],
    [-2.4, -1],
    [-2.4, 1],
  ]);
  expect(corners([1, 1, Math.PI / 2], [2, 4.8])[0]![1]).toBeCloseTo(3.4, 12);
  expect(touches([0, 0, 0], [2, 4.8], [3.4, 0], 1)).toBe(true);
  expect(touches([0, 0, 0], [2, 4.8], [3.41, 0], 1)).toBe(false);
  expect(touches([0, 0, Math.PI / 2], [2, 4.8], [3.4, 0], 1)).toBe(false); // now 1 m wide that way
  expect(touches([0, 0, 0], [2, 4.8], [3.2, 1.8], 1)).toBe(false); // 0.8 and 0.8 off the corner: 1.13
});

test("inside, and how far along", () => {
  const lane: [number, number][] = [
    [0, -2],
    [10, -2],
    [10, 2],
    [0, 2],
  ];
  expect([insidePolygon([5, 0], lane), insidePolygon([5, 2.1], lane), insidePolygon([-1, 0], lane)]).toEqual([true, false, false]);
  expect(
    progressAlong(
      [
        [0, 0],
        [10, 0],
        [10, 10],
      ],
      [12, 3],
    ),
  ).toEqual({ reached: 13, length: 20 });
  expect(
    progressAlong(
      [
        [0, 0],
        [10, 0],
      ],
      [-5, 1],
    ),
  ).toEqual({ reached: 0, length: 10 });
});
