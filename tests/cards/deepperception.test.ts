/** DeepPerception (arXiv:2503.12797): a box that is close is not close enough. Coordinates 0 to 1000. */
import { expect, test } from "vitest";
import { advantages } from "../../trainers/advantages/index.ts";
import { GrpoStage } from "../../trainers/options.ts";
import { composed } from "../composed.ts";
import { judged } from "../judged.ts";

const PARTS = "[{ name: strict_iou }, { name: think_box_format }]";
const rewards = composed(PARTS);
const row = { box: [100, 100, 200, 200] };
const reply = (answer: string) => `<think>x</think>\n<answer>${answer}</answer>`;

test.each([
  ["point 1: IoU 9000 / 10000", reply("(100,100),(200,190)"), 1.9, 1],
  ["point 1: IoU of 0.8 is not above 0.8, but a hit at 0.5", reply("(100,100),(200,180)"), 1, 1],
  ["point 2: IoU 8100 / 11900 = 0.6807", reply("(110,110),(210,210)"), 1, 1],
  ["point 3: fractions are none in training", reply("[0.1, 0.1, 0.2, 0.19]"), 0.5, 0],
  ["point 4: text before the thinking costs the tags' half", `so ${reply("(100,100),(200,200)")}`, 1.5, 1],
  ["point 4: no box", reply("there"), 0.5, 0],
  ["point 5: the last of two boxes", reply("(1,1),(9,9) (100,100),(200,200)"), 2, 1],
  ["point 5: the first of two answers", `${reply("(1,1),(9,9)")}<answer>(100,100),(200,200)</answer>`, 1, 0],
  ["point 5: a box turned round", reply("(200,200),(100,100)"), 1, 0],
])("%s", async (_, completion, expected, hit) => {
  const { reward, metrics } = await rewards(completion, row);
  expect(reward).toBeCloseTo(expected, 12);
  expect(metrics.hit_50).toBe(hit);
});

test("point 1: the authors' slip never pays the form of the box", async () => {
  const quirk = composed("[{ name: strict_iou }, { name: think_box_format, options: { quirk: no_box_format } }]");
  expect((await quirk(reply("(100,100),(200,190)"), row)).reward).toBeCloseTo(1.4, 12);
});

test("point 3: an evaluation reads fractions, times 1000: IoU 0.9", async () => {
  const evaluation = composed("[{ name: strict_iou, options: { read: evaluation } }]");
  expect((await evaluation(reply("[0.1, 0.1, 0.2, 0.19]"), row)).metrics.iou).toBeCloseTo(0.9, 12);
});

test("point 5: of several true boxes the best counts; a hit begins at 0.5", async () => {
  // of [0, 0, 100, 100] the first has 20 % and the second 60 %
  const { metrics } = await rewards(reply("(0,0),(100,100)"), {
    box: [
      [0, 0, 100, 20],
      [0, 0, 100, 60],
    ],
  });
  expect(metrics).toMatchObject({ iou: 0.6, hit_50: 1 });
  const half = async (height: number) => (await rewards(reply(`(0,0),(100,${height})`), { box: [0, 0, 100, 1000] })).metrics.hit_50;
  expect([await half(500), await half(499)]).toEqual([1, 0]);
});

test("point 6: four completions as a group, less their mean and over their sample deviation", async () => {
  const replies = [reply("(100,100),(200,190)"), reply("(1,1),(9,9)"), reply("(110,110),(210,210)"), reply("there")];
  const group = await Promise.all(replies.map(async (text) => (await rewards(text, row)).reward));
  for (const [i, expected] of [1.9, 1, 1, 0.5].entries()) expect(group[i]).toBeCloseTo(expected, 12);
  const stage = GrpoStage.parse({ name: "rl", kind: "grpo", steps: 1, std: "sample", std_epsilon: 0 });
  const [estimate] = advantages.get("group_mean").estimate([group.map((reward) => judged(reward, { tokens: 1 }))], stage);
  // mean 4.4 / 4 = 1.1; squares 0.64 + 0.01 + 0.01 + 0.36 = 1.02, / 3 = 0.34, root 0.5831
  for (const [i, expected] of [1.372, -0.1715, -0.1715, -1.029].entries()) expect(estimate![i]![0]).toBeCloseTo(expected, 4);
});
