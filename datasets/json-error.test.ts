import { expect, test } from "vitest";
import { jsonErrorIndex } from "./json-error.ts";

test.each([
  ['{"a": 1, "b": [true, null, -1.5e3, "\\u00e9\\n"], "c": {}} ', null],
  ["[]", null],
  ['"ü漢"', null],
  ['{"a":}', 5],
  ['{"a" 1}', 5],
  ['{"a": 1,}', 8],
  ["{a: 1}", 1],
  ["[1 2]", 3],
  ["[1, 2", 5], // ends too early
  ["", 0],
  ['{"a": "open}', 6], // the opening quote
  ['{"a": "\\x"}', 6],
  ['"a\tb"', 0], // a bare tab is not allowed in a string
  ["01", 1],
  ["{} {}", 3],
  ["NaN", 0],
  ["'a'", 0],
])("%j breaks at %j", (text, expected) => {
  expect(jsonErrorIndex(text)).toBe(expected);
  let parses = true;
  try {
    JSON.parse(text);
  } catch {
    parses = false;
  }
  expect(parses).toBe(expected === null);
});
