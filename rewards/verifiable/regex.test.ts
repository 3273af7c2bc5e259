import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { regex } from "./regex.ts";

const score = (completion: string, options: object) =>
  regex.score(rewardInput({ completion, target: null, options: regex.options!.parse(options) as never }));

test.each<[string, object, number]>([
  ["a 12 b", { pattern: "\\d+" }, 1],
  ["a 12 b", { pattern: "\\d+", full: true }, 0],
  ["12", { pattern: "\\d+", full: true }, 1],
  ["ABC", { pattern: "abc" }, 0],
  ["ABC", { pattern: "abc", flags: "i" }, 1],
  ["a\nb", { pattern: "^b$" }, 0],
  ["a\nb", { pattern: "^b$", flags: "m" }, 1],
  ["a\nb", { pattern: "a.b" }, 0],
  ["a\nb", { pattern: "a.b", flags: "s" }, 1],
  ["", { pattern: "a" }, 0],
  ["x", { pattern: "x", extract: "answer" }, 0],
])("%j with %j scores %d", (completion, options, expected) => {
  expect(score(completion, options)).toBe(expected);
});

test("patterns that take a backtracking engine 2^n steps take none here", () => {
  for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(x+x+)+y"]) {
    const started = performance.now();
    expect(score(`${"a".repeat(20_000)}!`, { pattern })).toBe(0);
    expect(performance.now() - started).toBeLessThan(1000);
  }
});

test.each([["("], ["(?=a)"], ["(a)\\1"], [""]])("the pattern %j is refused", (pattern) => {
  expect(regex.options!.safeParse({ pattern }).success).toBe(false);
});
