import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { softIou, softIouReward } from "./soft-iou.ts";

// InfiGUI-R1: 0.5 / 0.7, with weights 0.9 and 0.1 for the format 0.742857
test("IoU 0.5 is worth 0.714286, 0.7 and more 1", () => {
  expect(softIou(0.5, 0.7)).toBeCloseTo(0.714286, 6);
  expect(0.9 * softIou(0.5, 0.7) + 0.1).toBeCloseTo(0.742857, 6);
  expect(softIou(0.7, 0.7)).toBe(1);
  expect(softIou(1, 0.7)).toBe(1);
});

test.each([
  ["<box>0,0,10,5</box>", 0.5 / 0.7, 0.5],
  ["<box>0,0,10,8</box>", 1, 0.8],
  ["<box>,,,</box>", 0, 0],
  ["", 0, 0],
])("%j scores %f", (completion, score, iou) => {
  const found = softIouReward.score(rewardInput({ completion, target: [0, 0, 10, 10], options: softIouReward.options!.parse({}) }));
  expect(found).toEqual({ score: expect.closeTo(score, 12), metrics: { iou: expect.closeTo(iou, 12) } });
});
