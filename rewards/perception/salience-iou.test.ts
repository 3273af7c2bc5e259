import { expect, test } from "vitest";
import { totalReward } from "../compose.ts";
import { rewardInput } from "../define.ts";
import { bestHeuristic, heuristicsMax } from "./heuristics-max.ts";
import { salienceIou } from "./salience-iou.ts";

const target = [
  { box: [0, 0, 10, 10], salience: 1 },
  { box: [20, 20, 30, 30], salience: 0.2 },
];
const A = "<box>[0,0,10,10]</box>";
const B = "<box>[20,20,30,30]</box>";

function score(completion: string, options: object = {}, given: unknown = target) {
  const parsed = salienceIou.target.parse(given);
  return salienceIou.score(rewardInput({ completion, target: parsed, options: salienceIou.options!.parse(options) }));
}

test.each<[string, string, object, number, number, number]>([
  ["B alone", B, { mode: "recall" }, 0.2 / 1.2, 0.2 / 1.2, 1],
  ["A alone", A, { mode: "recall" }, 1 / 1.2, 1 / 1.2, 1],
  ["both", A + B, { mode: "recall" }, 1, 1, 1],
  ["none", "", { mode: "recall" }, 0, 0, 0],
  ["none, dual", "", {}, 0, 0, 0],
  // IoU 1/3: recall 1/3 / 1.2, precision 1/3
  ["half beside A", "<box>[5,0,15,10]</box>", {}, (1 / 3.6 + 1 / 3) / 2, 1 / 3.6, 1 / 3],
  ["spam", A + B + "<box>[90,90,99,99]</box>".repeat(8), {}, 0.6, 1, 0.2],
  ["spam, recall only", A + B + "<box>[90,90,99,99]</box>".repeat(8), { mode: "recall" }, 1, 1, 0.2],
  ["a flat box is ignored", `<box>[5,5,5,9]</box>${A}${B}`, {}, 1, 1, 1],
  ["blanks, strictly read", "<box>[0, 0, 10, 10]</box>", {}, 0, 0, 0],
  ["blanks, leniently read", "<box>[0, 0, 10, 10]</box>", { lenient: true, mode: "recall" }, 1 / 1.2, 1 / 1.2, 1],
])("%s", (_, completion, options, expected, recall, precision) => {
  const close = (value: number) => expect.closeTo(value, 12);
  expect(score(completion, options)).toEqual({ score: close(expected), metrics: { recall: close(recall), precision: close(precision) } });
});

test("uniform saliences: B alone is half, also where all are 0; no targets do not apply", () => {
  const uniform = target.map(({ box }) => ({ box, salience: 0 }));
  expect(score(B, { mode: "recall" }, uniform)).toMatchObject({ score: 0.5 });
  expect(score(B, {}, [])).toBeNull();
});

test("TreeBench: mean over items of the mean best IoU, in percent", () => {
  const texts = [A, "<box>[0,0,10,5]</box>", "", "<box>[0,5,10,10]</box>"];
  const items = texts.map((text) => (score(text, { mode: "recall" }, [target[0]]) as { score: number }).score);
  const mean = items.reduce((sum, item) => sum + item, 0) / items.length;
  expect(100 * mean).toBeCloseTo(50, 12); // IoUs 1, 0.5, 0, 0.5
});

test("the best way of reasoning counts, behind a right answer only", () => {
  expect(bestHeuristic([0.2, 0.9, 0], true)).toBe(0.9);
  expect(bestHeuristic([0, 0, 0.9], true)).toBe(0.9);
  expect(bestHeuristic([0.2, 0.9, 0], false)).toBe(0);
  // right 1, format 1, dual 0.3056, heuristics 0.9
  const parts = [1, 1, (1 / 3.6 + 1 / 3) / 2, bestHeuristic([0.2, 0.9, 0], true)];
  const total = totalReward(
    parts.map(() => ({ weight: 1, log_only: false })),
    parts.map((value) => ({ kind: "score", score: value })),
  );
  expect(total).toBeCloseTo(3.2056, 4);
});

const grounded = { answer: "B", boxes: target, options: ["red cup", "blue cup", "green cup"] };
test.each([
  [`the cup ${A} is it<answer>B</answer>`, 1, "locate_then_answer"],
  [`the cup ${A} is it<answer>A</answer>`, 0, ""],
  ["It is not the red cup. It is not the blue cup.<answer>B</answer>", 1, "elimination"],
  [`${B} is larger than <box>[50,50,60,60]</box><answer>B</answer>`, 1, "compare"],
  [`${B} let me check ${B}<answer>B</answer>`, 1, "verify"],
  ["it is B<answer>B</answer>", 0, ""],
  [`<answer>B</answer> ${A}`, 0, ""], // a box behind the answer is no reasoning
  ["", 0, ""],
])("%j: %i by %s", (completion, expected, by) => {
  const input = { completion, target: heuristicsMax.target.parse(grounded), options: heuristicsMax.options!.parse({}) };
  const found = heuristicsMax.score(rewardInput(input)) as { score: number; metrics: Record<string, number> };
  expect(found.score).toBe(expected);
  if (by !== "") expect(Object.keys(found.metrics).filter((name) => found.metrics[name] === 1)).toEqual([by]);
});

test("boxes beyond the 64th are misses", () => {
  const far = "<box>[90,90,99,99]</box>";
  // none of the 64 compared ones hits; A stands behind them
  expect(score(far.repeat(64) + A, {})).toMatchObject({ score: 0 });
  // A and B first: precision 2 / 100
  expect(score(A + B + far.repeat(98), {})).toMatchObject({ metrics: { recall: 1, precision: 2 / 100 } });
});
