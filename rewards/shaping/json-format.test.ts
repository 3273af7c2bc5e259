import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { jsonFormat } from "./json-format.ts";

const score = (completion: string, options: object = {}) =>
  jsonFormat.score(rewardInput({ completion, target: undefined, options: jsonFormat.options!.parse(options) }));

test.each([
  ['{"rationale": "cheap", "action": {"type": "terminate"}}', 1],
  [' {"rationale": "cheap", "action": {}, "more": 1}\n', 1],
  ['{"rationale": "cheap"}', 0],
  ['{"rationale": " ", "action": {}}', 0],
  ['{"rationale": "cheap", "action": "click"}', 0],
  ['{"rationale": "cheap", "action": null}', 0],
  ['{"rationale": "cheap", "action": []}', 0],
  ['{"rationale": "cheap", "action": {}} then', 0],
  ['```json\n{"rationale": "cheap", "action": {}}\n```', 0],
  ["{rationale: 1}", 0],
  ['["rationale", "action"]', 0],
  ["null", 0],
  ["", 0],
  ["[".repeat(200_000), 0],
  [`${"[".repeat(50_000)}`, 0],
])("%j scores %f", (completion, expected) => expect(score(completion)).toBe(expected));

test("keys of other kinds; those every object has don't count", () => {
  expect(score('{"a": 1, "b": true, "c": [1]}', { keys: { a: "number", b: "boolean", c: "array" } })).toBe(1);
  expect(score('{"a": 1e999}', { keys: { a: "number" } })).toBe(0);
  expect(score("{}", { keys: { toString: "any" } })).toBe(0);
  expect(score('{"a": null}', { keys: { a: "any" } })).toBe(1);
});
