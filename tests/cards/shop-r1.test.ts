/** Shop-R1 (arXiv:2507.17842): an action in layers, a long text a thousand times as much. */
import { expect, test } from "vitest";
import { advantages } from "../../trainers/advantages/index.ts";
import { GrpoStage } from "../../trainers/options.ts";
import { composed } from "../composed.ts";
import { judged } from "../judged.ts";

const rewards = composed("[{ name: action_hierarchy }]");
const reply = (action: object) => JSON.stringify({ rationale: "because", action });
const END = { type: "terminate" };
const CLICK = { type: "click", name: "add to cart" };
const SEARCH = { type: "type_and_submit", name: "search box", text: "red running shoes size 9" };

test.each([
  ["point 1: the end, rightly", reply(END), END, 0.5 + 0.3],
  ["point 1: no JSON", "{", END, 0],
  ["point 1: another type", reply(CLICK), END, 0.5],
  ["point 2: the right button", reply(CLICK), CLICK, 0.5 + 0.3 + 0.2 + 1000],
  ["point 2: another button", reply({ ...CLICK, name: "log in" }), CLICK, 0.5 + 0.3 + 0.2],
  // 4 words of 4 and of 5: F1 = 2 * 0.8 / 1.8 = 0.8889
  ["point 3: most of the text", reply({ ...SEARCH, text: "red shoes size 9" }), SEARCH, 0.5 + 0.3 + 0.1 + 0.1 + 0.1 + 8000 / 9], // 889.99
  // 2 of 2 and of 5: 4 / 7 = 0.5714, not above 0.75
  ["point 3: too little of it", reply({ ...SEARCH, text: "red shoes" }), SEARCH, 1.1],
])("%s", async (_, completion, action, expected) => {
  expect((await rewards(completion, { action })).reward).toBeCloseTo(expected, 9);
});

test.each([
  // mean 250.625, population deviation 433.21: the order is kept, the gaps below are small
  ["a long text weighs 1000", {}, [1001, 1, 0.5, 0], [1.732, -0.5762, -0.5774, -0.5785]],
  // mean 0.875, deviation 0.7395
  ["a long text weighs 1", { options: { dars: 1 } }, [2, 1, 0.5, 0], [1.521, 0.169, -0.507, -1.183]],
])("point 5: a group, %s", async (_, options, expected, estimate) => {
  const score = composed(JSON.stringify([{ name: "action_hierarchy", ...options }]));
  const replies = [reply(CLICK), reply({ ...CLICK, name: "log in" }), reply(END), "{"];
  const group = await Promise.all(replies.map(async (text) => (await score(text, { action: CLICK })).reward));
  expect(group).toEqual(expected);
  const stage = GrpoStage.parse({ name: "rl", kind: "grpo", steps: 1, std: "population", std_epsilon: 0 });
  const [found] = advantages.get("group_mean").estimate([group.map((reward) => judged(reward, { tokens: 1 }))], stage);
  for (const [i, value] of estimate.entries()) expect(found![i]![0]).toBeCloseTo(value, 3);
});
