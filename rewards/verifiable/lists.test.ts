import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { listItems } from "../text/items.ts";
import { contains } from "./contains.ts";
import { itemSet } from "./item-set.ts";
import { ndcg } from "./ndcg.ts";
import { ranking } from "./ranking.ts";

test.each<[string, string[]]>([
  ["a, B ; c", ["a", "b", "c"]],
  ["[a, b]", ["a", "b"]],
  ['["a, b", 2]', ["a, b", "2"]],
  ["1. first\n2. second one\n", ["first", "second one"]],
  ["- a\n- b", ["a", "b"]],
  ["a > b > c", ["a", "b", "c"]],
  ["a, a, A", ["a"]],
  ["", []],
  ["[]", []],
  ["[[1]]", []],
])("%j lists %j", (text, expected) => {
  expect(listItems(text)).toEqual(expected);
});

function scoreOf(returned: unknown): number {
  return typeof returned === "number" ? returned : (returned as { score: number }).score;
}

const answered = (answer: string) => `<answer>${answer}</answer>`;
const inSet = (answer: string, options: object = {}) =>
  scoreOf(
    itemSet.score(
      rewardInput({ completion: answered(answer), target: ["a", "b", "c"], options: itemSet.options!.parse(options) as never }),
    ),
  );

test("sets: 2 of 3 named, 2 of 4 right", () => {
  const answer = "a, b, x, y";
  expect(inSet(answer, { measure: "precision" })).toBe(2 / 4);
  expect(inSet(answer, { measure: "recall" })).toBe(2 / 3);
  expect(inSet(answer)).toBeCloseTo((2 * (1 / 2) * (2 / 3)) / (1 / 2 + 2 / 3), 12); // 4/7
  expect(inSet(answer, { measure: "jaccard" })).toBe(2 / 5);
  expect(inSet("c, b, a, a", { measure: "exact" })).toBe(1);
  expect(inSet("a, b", { measure: "exact" })).toBe(0);
  expect(inSet("")).toBe(0);
  expect(inSet("x")).toBe(0);
  for (const bad of [[], [""], "a"]) expect(itemSet.target.safeParse(bad).success).toBe(false);
});

const order = (answer: string, measure = "kendall") =>
  scoreOf(
    ranking.score(
      rewardInput({ completion: answered(answer), target: ["a", "b", "c", "d"], options: ranking.options!.parse({ measure }) as never }),
    ),
  );

test("orders: six pairs of four items", () => {
  expect(order("a, b, c, d")).toBe(1);
  expect(order("d, c, b, a")).toBe(0);
  expect(order("b, a, c, d")).toBe(5 / 6); // one pair turned round: tau = (5 - 1) / 6, (1 + tau) / 2 = 5/6
  expect(order("a, b, c")).toBe(3 / 6); // the pairs of d are wrong
  expect(order("x, a, y, b, c, d")).toBe(1);
  expect(order("a > b > c > d", "exact")).toBe(1);
  expect(order("x, a, b, c, d", "exact")).toBe(0);
  expect(order("")).toBe(0);
  for (const bad of [["a"], ["a", "A"], []]) expect(ranking.target.safeParse(bad).success).toBe(false);
});

const gain = (answer: string, target: unknown, options: object = {}) =>
  ndcg.score(
    rewardInput({ completion: answered(answer), target: ndcg.target.parse(target), options: ndcg.options!.parse(options) as never }),
  ) as number;

test("NDCG (VRAG-RL)", () => {
  // 1 / log2(3) = 0.6309
  expect(gain("d2, d1, d3", ["d1"])).toBeCloseTo(0.6309, 4);
  // (0.6309 + 0.5) / (1 + 0.6309) and (1 + 0.5) / 1.6309
  expect(gain("x, d1, d2", ["d1", "d2"])).toBeCloseTo(0.6934, 4);
  expect(gain("d1, x, d2", ["d1", "d2"])).toBeCloseTo(0.9197, 4);
  expect(gain("", ["d1"])).toBe(0);
  expect(gain("d1, d1, d1", ["d1", "d2"])).toBeCloseTo(1 / 1.6309, 4); // again is not twice
  expect(gain("pages/D1.png", ["pages/d1.jpg"], { file_names: true })).toBe(1);
  expect(gain("x, d1", ["d1"], { cutoff: 1 })).toBe(0);
  // gains 2^2 - 1 = 3 and 1: (1 + 3 / log2(3)) / (3 + 1 / log2(3)) = 2.8928 / 3.6309
  expect(gain("b, a", { a: 2, b: 1 })).toBeCloseTo(0.7967, 4);
  for (const bad of [[], { a: 0 }, {}, "a"]) expect(ndcg.target.safeParse(bad).success).toBe(false);
});

test("VRAG-RL: 0.7 * judge + 0.1 + 0.2 * NDCG", () => {
  expect(0.7 + 0.1 + 0.2 * gain("d2, d1, d3", ["d1"])).toBeCloseTo(0.9262, 4);
});

const holds = (completion: string, options: object, target?: string[]) =>
  contains.score(rewardInput({ completion, target, options: contains.options!.parse(options) as never }));
const HEADINGS = { texts: ["### Image Description:", "### Rationales:", "### Step 1:", "### The final answer is:"] };

test("PeBR-R1: headings and key words", () => {
  const good = "### Image Description: a\n### rationales: b\n### Step 1: c\n### The final answer is: 5";
  expect(holds(good, HEADINGS)).toBe(1);
  expect(holds(good.replace("### Step 1:", ""), HEADINGS)).toBe(0);
  // stage 2: right without a heading 0.9, wrong with all of them 0.1
  expect(0.9 * 1 + 0.1 * (holds(good.replace("### Step 1:", ""), HEADINGS) as number)).toBe(0.9);
  expect(0.9 * 0 + 0.1 * (holds(good, HEADINGS) as number)).toBe(0.1);
  expect(holds("a Red car", { credit: "share" }, ["red", "car", "tree"])).toBe(2 / 3);
  expect(holds("a red car", { credit: "share" }, [])).toBe(0);
  expect(() => holds("a", {})).toThrow("neither");
});
