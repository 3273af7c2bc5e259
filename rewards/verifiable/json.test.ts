import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { jsonMatch } from "./json-match.ts";
import { jsonSchema } from "./json-schema.ts";

function match(answer: string, target: unknown, options: object = {}) {
  const parsed = jsonMatch.target.parse(target);
  return jsonMatch.score(
    rewardInput({ completion: `<answer>${answer}</answer>`, target: parsed, options: jsonMatch.options!.parse(options) as never }),
  );
}

test.each<[string, unknown, object, number]>([
  ['{"b": 2.0, "a": [1]}', { a: [1], b: 2 }, {}, 1],
  ['```json\n{"a": 1}\n```', { a: 1 }, {}, 1],
  ['{"a": 1}', '{"a": 1}', {}, 1], // a target kept as text
  ['"x"', "x", {}, 1],
  ['{"a": "1"}', { a: 1 }, {}, 0],
  ['{"a": [2, 1]}', { a: [1, 2] }, {}, 0],
  ['{"a": 1, "b": 2}', { a: 1 }, {}, 0],
  ['{"a": 1, "b": 2}', { a: 1 }, { extra_keys: "ignore" }, 1],
  ['{"a": 1.009}', { a: 1 }, { relative_tolerance: 0.01 }, 1],
  ['{"a": 1, "b": 3}', { a: 1, b: 2 }, { credit: "share" }, 0.5],
  ['{"a": 1, "b": 2, "c": 3, "d": 4}', { a: 1, b: 2 }, { credit: "share" }, 0.5], // 2 of 4: extra leaves cost
  ["{}", {}, {}, 1],
  ["[]", {}, {}, 0],
  ['"{}"', {}, {}, 0], // a text is no object
  ['"[]"', [], {}, 0],
  ["null", { a: 1 }, {}, 0],
  ["{a: 1}", { a: 1 }, {}, 0],
  ["the answer is {}", {}, {}, 0],
  ["", "", {}, 0],
  [`${"[".repeat(500)}${"]".repeat(500)}`, [], {}, 0],
  ['{"__proto__": 1}', { a: 1 }, {}, 0],
])("%j for %j with %j scores %f", (answer, target, options, expected) => {
  expect(match(answer, target, options)).toBe(expected);
});

const schema = {
  type: "object",
  required: ["name", "age"],
  additionalProperties: false,
  properties: { name: { type: "string", pattern: "^(a+)+$" }, age: { type: "integer", minimum: 0 } },
};

async function valid(answer: string, options: object = { schema }, target?: Record<string, never>) {
  return jsonSchema.score(
    rewardInput({ completion: `<answer>${answer}</answer>`, target, options: jsonSchema.options!.parse(options) as never }),
  );
}

test.each<[string, number]>([
  ['{"name": "aa", "age": 3}', 1],
  ['{"name": "aa"}', 0],
  ['{"name": "aa", "age": 0.5}', 0],
  ['{"name": "aa", "age": 3, "x": 1}', 0],
  ['{"name": "b", "age": 3}', 0],
  ["{", 0],
  ["", 0],
])("the schema takes %j: %d", async (answer, expected) => {
  expect(await valid(answer)).toBe(expected);
});

test("a pattern that backtracks elsewhere takes no time", async () => {
  const started = performance.now();
  expect(await valid(`{"name": "${"a".repeat(5000)}b", "age": 1}`)).toBe(0);
  expect(performance.now() - started).toBeLessThan(1000);
});

test("the row's schema counts where the recipe has none; without any it is an error", async () => {
  expect(await valid("3", {}, { type: "integer" } as never)).toBe(1);
  expect(await valid('"3"', {}, { type: "integer" } as never)).toBe(0);
  await expect(valid("3", {})).rejects.toThrow("neither");
  await expect(valid("3", { schema: { type: "intejer" } })).rejects.toThrow();
});
