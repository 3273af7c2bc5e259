import { expect, test } from "vitest";
import type { Box } from "./box.ts";
import { boxes } from "./boxes.ts";
import { rewardInput } from "./define.ts";

async function score(completion: string, target: Box[]) {
  const returned = await boxes.score(rewardInput({ completion, target: target.map((box) => ({ box })) }));
  if (returned === null || typeof returned === "number") throw new Error("expected metrics");
  return [returned.score, returned.metrics?.box_iou, returned.metrics?.f1_50];
}

const A: Box = [0, 0, 10, 10];
const B: Box = [20, 0, 30, 10];

test.each([
  ["3<box>0,0,10,10</box>7<box>20,0,30,10</box>", [1, 1, 1]],
  ["<box>20,0,30,10</box><box>0,0,10,10</box>", [1, 1, 1]], // order does not matter
  ["<box>5,0,15,10</box><box>20,0,30,10</box>", [2 / 3, 2 / 3, 1 / 2]], // 1/3 and 1; one hit: 2 * 1 / (2 + 2)
  ["<box>0,0,10,10</box>", [1 / 2, 1 / 2, 2 / 3]], // one of two found: 2 * 1 / (1 + 2)
  ["<box>0,0,10,10</box><box>0,0,10,10</box>", [1 / 2, 1 / 2, 1 / 2]], // each true box is matched once
  ["<box>0,0,10,10</box><box>20,0,30,10</box><box>,,,</box><box>9,9,1,1</box>", [2 / 4, 1, 4 / 6]], // bad boxes cost
  ["<box>,,10,10</box><box>NaN,0,30,10</box>", [0, 0, 0]],
  ["<box>0,0,10,10", [0, 0, 0]],
  ["", [0, 0, 0]],
])("%j", async (completion, [expectedScore, iou, f1]) => {
  const [given, givenIou, givenF1] = await score(completion, [A, B]);
  expect(given).toBeCloseTo(expectedScore!, 12);
  expect(givenIou).toBeCloseTo(iou!, 12);
  expect(givenF1).toBeCloseTo(f1!, 12);
});

test("the matching is the best one, not the greedy one", async () => {
  // First guess: 10 / 14 with the first, 8 / 16 with the second. Second guess: 6 / 12 with the first, nothing with the second.
  // Greedy takes 10 / 14 and ends with 0; the best is 1/2 + 1/2.
  const found = await score("<box>2,0,14,10</box><box>0,0,6,10</box>", [
    [0, 0, 12, 10],
    [6, 0, 18, 10],
  ]);
  expect(found).toEqual([1 / 2, 1 / 2, 1]);
});

test("100,000 boxes are scored at once, and pay next to nothing", async () => {
  const started = performance.now();
  const [given] = await score("<box>0,0,10,10</box>".repeat(100_000), [A, B]);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(given).toBeCloseTo(1 / 100_000, 12); // one of them matches A, none B
});

test("boxes beyond the 64th can't match", async () => {
  const [given] = await score(`${"<box>50,50,60,60</box>".repeat(64)}<box>0,0,10,10</box>`, [A]);
  expect(given).toBe(0);
});

test("targets are boxes or objects with one", () => {
  expect(boxes.target.parse([{ digit: 3, box: A, size: 10 }, B])).toEqual([{ box: A }, { box: B }]);
  expect(boxes.target.safeParse([]).success).toBe(false);
  expect(boxes.target.safeParse([{ digit: 3 }]).success).toBe(false);
});
