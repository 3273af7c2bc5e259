import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { totalReward } from "../compose.ts";
import { rewardInput } from "../define.ts";
import { bboxKeyFormat } from "./bbox-key.ts";
import { iouShortcutAdjusted, shortcutAdjusted, shortcutExpectation } from "./iou-shortcut-adjusted.ts";

function scores(completion: string) {
  const options = iouShortcutAdjusted.options!.parse({ expectation: 0.1 });
  const found = iouShortcutAdjusted.score(rewardInput({ completion, target: [200, 100, 400, 300], options }));
  const format = bboxKeyFormat.score(rewardInput({ completion, target: null })) as number;
  const total = totalReward(
    [0.9, 0.1].map((weight) => ({ weight, log_only: false })),
    [
      { kind: "score", score: (found as { score: number }).score },
      { kind: "score", score: format },
    ],
  );
  return { adjusted: (found as { score: number }).score, format, total };
}

test.each([
  // IoU 20000 / 60000: (1/3 - 0.1) / 0.9 = 0.259259
  ['<think>a</think>\n{"bbox":[100,100,300,300]}', 0.259259, 1, 0.333333],
  ["<think>a</think> bbox: [300,300,100,100]", 0.259259, 1, 0.333333], // corners are put in order
  ["<think>a</think> [100,100,300,300]", 0.259259, 0.25, 0.258333],
  ["<think>a</think> [0,0,9,9] Answer: [100,100,300,300]", 0.259259, 0.25, 0.258333],
  ['<think>a</think>{"bbox":[600,600,700,700]}', -0.111111, 1, 0],
  ['<think>a {"bbox":[100,100,300,300]}', -0.111111, 0, -0.1],
  ["<think>bbox:[100,100,300,300]</think>", -0.111111, 0.25, -0.075],
  ['<think>a</think>{"bbox":[100,100,,300]}', -0.111111, 0.5, -0.05],
  ['<think>a</think>{"bbox":[100,100,300,3000]}', -0.111111, 0.5, -0.05], // not in 0 to 1000
  ["", -0.111111, 0, -0.1],
])("%j", (completion, adjusted, format, total) => {
  const found = scores(completion);
  expect(found.adjusted).toBeCloseTo(adjusted, 6);
  expect(found.format).toBe(format);
  expect(found.total).toBeCloseTo(total, 6);
});

test("for the whole picture a blind box's IoU is width * height: E = 0.525^2", () => {
  const expectation = (k: number) => shortcutExpectation([0, 0, 1000, 1000], { samples: 20_000, k, random: new Random(5) });
  expect(expectation(0)).toBeCloseTo(0.275625, 2); // standard error 0.23 / sqrt(20000) = 0.0016
  expect(expectation(5)).toBeLessThan(expectation(2.5));
  expect(expectation(2.5)).toBeLessThan(expectation(0));
});

test("E is drawn from the seed and the row, alike for every completion", () => {
  const ask = (given: object) => {
    const input = { completion: "x", target: [200, 100, 400, 300] as [number, number, number, number] };
    const found = iouShortcutAdjusted.score(rewardInput({ ...input, options: iouShortcutAdjusted.options!.parse({}), ...given }));
    return (found as { metrics: Record<string, number> }).metrics.expectation!;
  };
  expect(ask({ completion: "a" })).toBe(ask({ completion: "b" }));
  expect(ask({ seed: 1 })).not.toBe(ask({ seed: 2 }));
  expect(ask({ exampleId: "1" })).not.toBe(ask({ exampleId: "2" }));
});

test("E near 1 leaves nothing to gain", () => {
  expect(shortcutAdjusted(1, 1)).toBe(1);
  expect(shortcutAdjusted(0.9, 1)).toBe(0);
  expect(shortcutAdjusted(1, 0.3)).toBe(1);
});
