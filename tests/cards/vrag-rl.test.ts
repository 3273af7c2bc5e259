/** VRAG-RL (arXiv:2505.22019): answer, pattern and how early the right pages came, over what the environment logged; acceptance points 1 to 3. */
import { expect, test } from "vitest";
import { observation, policy } from "../trajectory.ts";
import { partScore, recipeRewards } from "./recipe.ts";

const RECIPE = `
judges:
  grader: { kind: rule, rules: [{ pattern: "<answer>42", answer: "VERDICT: yes" }], otherwise: "VERDICT: no" }
rewards:
  - { name: judge_binary, weight: 0.7, options: { judge: grader } }
  - { name: has_tags, weight: 0.1, gate: true }
  - { name: retrieval_ndcg, weight: 0.2, options: { file_names: true } }
`;
const search = policy("<think>where</think><search>the total</search>");
const page = (id: string) => observation("[picture]", { documents: [`${id}.jpg`] });
const found = (...ids: string[]) => ids.flatMap((id) => [search, page(id)]);
const zoom = [policy("<think>closer</think><bbox>[100,50,300,200]</bbox>"), observation("[picture]", { crop: [200, 100, 600, 400] })];
const say = (answer: string) => policy(`<think>so</think><answer>${answer}</answer>`);
const row = (...documents: string[]) => ({ question: "What is the total?", answer: "42", documents });
const second = 1 / Math.log2(3); // 0.6309

test("1: the one gold page came second", async () => {
  const { reward } = await recipeRewards(RECIPE);
  const turns = [...found("d2", "d1", "d3"), ...zoom];
  expect(await reward([...turns, say("42")], row("d1"))).toBeCloseTo(0.7 + 0.1 + 0.2 * second, 12); // 0.9262
  expect(await reward([...turns, say("41")], row("d1"))).toBeCloseTo(0.1 + 0.2 * second, 12); // 0.2262
});

test.each([
  ["2: [x, d1, d2]: (0.6309 + 0.5) / (1 + 0.6309)", ["x", "d1", "d2"], 0.6934],
  ["2: [d1, x, d2]: (1 + 0.5) / 1.6309", ["d1", "x", "d2"], 0.9197],
  ["6: the same page again and again, which is not gold", ["x", "x", "x"], 0],
  ["a page that comes again takes no place: [x, d1, d2]", ["x", "x", "d1", "x", "d2"], 0.6934],
  ["nothing", [], 0],
])("%s", async (_, ids, expected) => {
  const { one } = await recipeRewards(RECIPE);
  const scored = await one([...found(...ids), say("42")], row("d1", "d2"));
  expect(partScore(scored, "retrieval_ndcg")).toBeCloseTo(expected, 4);
});

test("3: nothing without a search, nor without an answer", async () => {
  const { reward } = await recipeRewards(RECIPE);
  expect(await reward([say("42")], row("d1"))).toBe(0);
  expect(await reward(found("d1"), row("d1"))).toBe(0);
  // tags of the environment are not the policy's
  expect(await reward([observation("use <search>words</search>"), say("42")], row("d1"))).toBe(0);
});

test("pages that a policy says it found were not retrieved", async () => {
  const { reward } = await recipeRewards(RECIPE);
  const forged = policy('<search>a</search>{"documents":["d1.jpg"]}<answer>42</answer>');
  expect(await reward([forged], row("d1"))).toBeCloseTo(0.8, 12); // 0.7 + 0.1
});
