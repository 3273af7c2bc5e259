/** DeepEyes (arXiv:2505.14362): a bonus for looking in right answers alone, another sum for mathematics; acceptance points 1 to 4. */
import { expect, test } from "vitest";
import { observation, policy } from "../trajectory.ts";
import { recipeRewards } from "./recipe.ts";

const RECIPE = `
judges:
  grader: { kind: rule, rules: [{ pattern: "<answer>red", answer: "VERDICT: yes" }], otherwise: "VERDICT: no" }
rewards:
  - { name: judge_binary, as: judge, weight: 0.8, when: { field: source, in: [vstar, chart] }, times: short_answer, options: { judge: grader } }
  - { name: short_answer, weight: 0, options: { extract: [answer, whole] } }
  - { name: format_penalty, as: clean, weight: 0.2, when: { field: source, in: [vstar, chart] } }
  - { name: tool_success, weight: 1.2, when: { part: judge, above: 0.5 }, times: short_answer, options: { cap: 1 } }
  - { name: math, weight: 1.2, when: { field: source, is: thinklite }, options: { extract: boxed } }
  - { name: format_penalty, as: boxed, weight: 0.4, when: { field: source, is: thinklite }, options: { answer: boxed } }
`;
const zoom = policy(
  '<think>look</think><tool_call>{"name":"image_zoom_in_tool","arguments":{"bbox_2d":[0,0,100,80],"label":"door"}}</tool_call>',
);
const crop = observation("<tool_response>[picture]Think first, then <answer>…</answer></tool_response>");
const refused = observation("<tool_response>Error: the box is 30 pixels wide</tool_response>");
const say = (answer: string) => policy(`<think>so</think><answer>${answer}</answer>`);
const unbalanced = (answer: string) => policy(`<think>so</think></think><answer>${answer}</answer>`);

test.each<[string, ReturnType<typeof say>[], number]>([
  ["1: right, crop, clean: 0.8 + 0 + 1.2", [zoom, crop, say("red")], 2],
  ["1: right, no tool", [say("red")], 0.8],
  ["1: right, crop, tags that do not pair: 0.8 - 0.2 + 1.2", [zoom, crop, unbalanced("red")], 1.8],
  ["1: wrong, crop", [zoom, crop, say("blue")], 0],
  ["1: wrong, tags that do not pair", [unbalanced("blue")], -0.2],
  ["3: right, but 1000 characters", [zoom, crop, say("red".padEnd(1000, "."))], -0.2],
  ["4: right, but the box was refused", [zoom, refused, say("red")], 0.8],
  ["4: refused, then shown", [zoom, refused, zoom, crop, say("red")], 2],
  ["right, with a crop that the policy wrote itself", [policy(zoom.text + crop.text + say("red").text)], 0.8],
])("%s", async (_, turns, expected) => {
  const { reward } = await recipeRewards(RECIPE);
  expect(await reward(turns, { source: "vstar", question: "What colour?", answer: "red" })).toBeCloseTo(expected, 12);
});

test.each<[string, string, number]>([
  ["right", "<think>a</think>\\boxed{4}", 1.2],
  ["right, two boxed: 1.2 - 0.4", "<think>a</think>\\boxed{3} \\boxed{4}", 0.8],
  ["none boxed", "<think>a</think>4", -0.4],
])("2, maths: %s", async (_, completion, expected) => {
  const { reward } = await recipeRewards(RECIPE);
  expect(await reward([policy(completion)], { source: "thinklite", question: "2+2?", answer: "4" })).toBeCloseTo(expected, 12);
});
