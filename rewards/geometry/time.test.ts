import { expect, test } from "vitest";
import { coverage, joined, seconds, windowIou } from "./time.ts";

test.each([
  ["75", 75],
  ["75.5", 75.5],
  ["01:15", 75],
  ["1:15.5", 75.5],
  ["00:01:15", 75],
  ["1:00:00", 3600],
  ["90:00", 5400],
  ["1:75", null], // no 75 seconds
  ["1:60:00", null],
  ["", null],
  [":15", null],
  ["-5", null],
  ["1e3", null],
  ["NaN", null],
])("%j is %j seconds", (text, expected) => {
  expect(seconds(text)).toBe(expected);
});

test.each<[[number, number], [number, number], number]>([
  [[110, 140], [100, 120], 10 / 40],
  [[105, 115], [100, 120], 10 / 20],
  [[0, 1000], [100, 120], 20 / 1000],
  [[0, 10], [10, 20], 0],
  [[0, 10], [50, 60], 0],
])("%j and %j overlap by %f", (a, b, expected) => {
  expect(windowIou(a, b)).toBeCloseTo(expected, 12);
  expect(windowIou(b, a)).toBeCloseTo(expected, 12);
});

test("sets of windows", () => {
  expect(
    joined([
      [5, 8],
      [0, 2],
      [2, 3],
      [6, 7],
    ]),
  ).toEqual([
    [0, 3],
    [5, 8],
  ]);
  expect(
    coverage(
      [
        [0, 10],
        [20, 30],
      ],
      [[5, 25]],
    ),
  ).toEqual({ shared: 10, joint: 30 });
});
