/** InfiGUI-R1 (arXiv:2504.14239): steps on a screen with sub-goals, boxes by IoU, and leave-one-out advantages. */
import { describe, expect, test } from "vitest";
import { advantages } from "../../trainers/advantages/index.ts";
import { GrpoStage } from "../../trainers/options.ts";
import { composed } from "../composed.ts";
import { judged } from "../judged.ts";

// one list for rows of both kinds
const rewards = composed(`
- { name: gui_step, when: { field: task, is: step } }
- { name: think_format, weight: 0.1, gate: true, when: { field: task, is: box } }
- { name: soft_iou, weight: 0.9, when: { field: task, is: box } }`);

const picture = { width: 1120, height: 2240, data: new Uint8Array(0) }; // whole blocks: seen as it is
const call = (step: string, given: object) =>
  `<think>so <step>${step}</step></think><tool_call>${JSON.stringify({ name: "mobile_use", arguments: given })}</tool_call>`;
const step = (gold: object, subgoal = "a b c d e f g") => ({ task: "step", image: picture, gui: { step: gold, subgoal } });

describe("steps", () => {
  const gold = { action: "click", coordinate: [0.5, 0.5] };
  test.each([
    // ROUGE-1 stands in for the judge: 5 words shared of 7 and 7 is 10 / 14, in tenths 0.7
    ["point 1: right action, wrong place, sub-goal 7 of 10", call("a b c d e x y", { action: "click", coordinate: [0, 0] }), 0.406], // 0.1 + 0.9 * (0.2 + 0.2 * 0.7)
    // 4 words shared of 9 and 7 is 8 / 16
    ["point 1: wrong action, sub-goal 5 of 10", call("a b c d p q r s t", { action: "wait" }), 0.19], // 0.1 + 0.9 * 0.2 * 0.5
    ["point 1: all right", call("", { action: "click", coordinate: [560, 1120] }), 1],
    ["point 1: no form", "<step>a b c d e f g</step> click", 0],
    // 0.04 * 2240 = 89.6 pixels around (560, 1120)
    ["point 4: 89 pixels off", call("", { action: "click", coordinate: [649, 1120] }), 1],
    ["point 4: 90 pixels off", call("", { action: "click", coordinate: [560, 1210] }), 0.1 + 0.9 * 0.2],
  ])("%s", async (_, completion, expected) => {
    expect((await rewards(completion, step(gold))).reward).toBeCloseTo(expected, 12);
  });

  test("point 5: an app may be opened by a click into its box, where there is one", async () => {
    const click = call("", { action: "click", coordinate: [168, 336] }); // (0.15, 0.15)
    const open = { action: "open", text: "Clock" };
    expect((await rewards(click, step({ ...open, boxes: [[0.1, 0.1, 0.2, 0.2]] }))).reward).toBeCloseTo(1, 12);
    expect((await rewards(click, step(open))).metrics).toMatchObject({ type: 0, exact: 0 });
  });
});

const box = { task: "box", box: [0, 0, 300, 100] };
const drawn = (x2: number, y2: number) => `<think>x</think>[0, 0, ${x2}, ${y2}]`;

test.each([
  ["point 2: IoU 0.5", drawn(150, 100), 0.742857], // 0.1 + 0.9 * 0.5 / 0.7
  ["point 2: IoU 0.7", drawn(210, 100), 1],
  ["more is no more", drawn(300, 100), 1],
  ["without the form nothing", "[0, 0, 300, 100]", 0],
])("%s", async (_, completion, expected) => {
  expect((await rewards(completion, box)).reward).toBeCloseTo(expected, 6);
});

test("point 3: leave one out, of rewards 1, 0.4, 0.1, 0.1", async () => {
  // IoU 70 / 300 is a third of 0.7: 0.1 + 0.9 / 3
  const group = await Promise.all(
    [drawn(300, 100), drawn(70, 100), "<think>x</think>", "<think>y</think>"].map((text) => rewards(text, box)),
  );
  for (const [i, expected] of [1, 0.4, 0.1, 0.1].entries()) expect(group[i]!.reward).toBeCloseTo(expected, 12);
  const stage = GrpoStage.parse({ name: "rl", kind: "grpo", steps: 1, advantage: "rloo", scale_rewards: "none" });
  const [estimate] = advantages.get("rloo").estimate([group.map(({ reward }) => judged(reward, { tokens: 1 }))], stage);
  // 1 - 0.6 / 3; 0.4 - 1.2 / 3; 0.1 - 1.5 / 3
  for (const [i, expected] of [0.8, 0, -0.4, -0.4].entries()) expect(estimate![i]![0]).toBeCloseTo(expected, 6);
});
