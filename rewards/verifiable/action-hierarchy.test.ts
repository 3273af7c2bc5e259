import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { rougeL } from "../text/rouge.ts";
import { actionHierarchy } from "./action-hierarchy.ts";

type Target = Parameters<typeof actionHierarchy.score>[0]["target"];

function score(completion: unknown, target: Target, options: object = {}): number {
  const text = typeof completion === "string" ? completion : JSON.stringify(completion);
  const input = rewardInput({ completion: text, target, options: actionHierarchy.options!.parse(options) as never });
  return (actionHierarchy.score(input) as { score: number }).score;
}

const said = (action: object) => ({ rationale: "because", action });
const CLICK: Target = { type: "click", name: "add to cart" };
const SEARCH: Target = { type: "type_and_submit", name: "search box", text: "red running shoes size 9" };

test("Shop-R1: layers", () => {
  expect(score(said({ type: "terminate" }), { type: "terminate" })).toBe(0.8);
  expect(score("{", { type: "terminate" })).toBe(0);
  expect(score(said({ type: "click", name: "x" }), { type: "terminate" })).toBe(0.5);
  expect(score(said({ type: "click", name: "add to cart" }), CLICK)).toBe(1001);
  expect(score(said({ type: "click", name: "log in" }), CLICK)).toBe(1);
  expect(score(said({ type: "click", name: " " }), CLICK)).toBeCloseTo(0.8, 12);
});

test("Shop-R1: a long text", () => {
  // P = 4/4, R = 4/5, F1 = 2 * 0.8 / 1.8 = 0.8889: 0.5 + 0.3 + 0.1 + 0.1 + 0.1 + 888.89
  expect(rougeL("red shoes size 9", SEARCH.type === "type_and_submit" ? SEARCH.text : "")).toBeCloseTo(8 / 9, 12);
  expect(score(said({ type: "type_and_submit", name: "search box", text: "red shoes size 9" }), SEARCH)).toBeCloseTo(889.99, 2);
  // P = 1, R = 2/5, F1 = 0.5714: not above 0.75
  expect(score(said({ type: "type_and_submit", name: "search box", text: "red shoes" }), SEARCH)).toBeCloseTo(1.1, 12);
  expect(score(said({ type: "click", name: "add to cart" }), CLICK, { dars: 1 })).toBe(2);
});

test.each<[string, unknown]>([
  ["no rationale", { action: { type: "terminate" } }],
  ["a rationale that is no text", { rationale: 5, action: { type: "terminate" } }],
  ["no action", { rationale: "x" }],
  ["a list", [said({ type: "terminate" })]],
  ["text around it", `sure: ${JSON.stringify(said({ type: "terminate" }))}`],
  ["nothing", ""],
])("%s is worth 0", (_, completion) => {
  expect(score(completion, { type: "terminate" })).toBe(0);
});

test.each([[{ type: "click" }], [{ type: "buy" }], [{ type: "type_and_submit", name: "a" }], [{}], [null]])(
  "the target %j is refused",
  (target) => {
    expect(actionHierarchy.target.safeParse(target).success).toBe(false);
  },
);
