import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { count } from "./count.ts";

test.each<[string, object, number]>([
  ["<answer>5</answer>", {}, 1],
  ['<answer>{"cup count": 5}</answer>', {}, 1],
  ["<answer>4</answer>", {}, 0],
  ["<answer>4</answer>", { grade: "graded" }, 1 - 1 / 5],
  ["<answer>4</answer>", { grade: "graded", tolerance: 0.5 }, 1 - 1 / 2.5],
  ["<answer>11</answer>", { grade: "graded" }, 0], // off by 6 of 5
  ["<answer></answer>", { grade: "graded" }, 0], // a blank is not a zero
  ["<answer>-5</answer>", { grade: "graded" }, 0],
  ['<answer>{"cup count": "5"}</answer>', {}, 0],
  [`<answer>${"9".repeat(400)}</answer>`, { grade: "graded" }, 0],
  ["", { grade: "graded" }, 0],
])("%j with %j scores %f", async (completion, options, expected) => {
  expect((await scored(count, completion, 5, options)).score).toBeCloseTo(expected, 12);
});

test("Artemis: five listed in the thinking, four in the answer", async () => {
  const objects = JSON.stringify(Array.from({ length: 5 }, (_, i) => ({ label: "cup", bbox: [i, 0, i + 1, 1] })));
  const found = await scored(count, `<think>${objects}</think><answer>{"cup count": 4}</answer>`, 5, { fallback: "think" });
  expect(found).toEqual({ score: 1, metrics: { answer: 0, think: 1, fallback: 1 } });
});

test("none there", async () => {
  expect((await scored(count, "<answer>0</answer>", 0)).score).toBe(1);
  expect((await scored(count, "<answer>1</answer>", 0, { grade: "graded" })).score).toBe(0);
});
