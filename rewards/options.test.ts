import { expect, test } from "vitest";
import { z } from "zod";
import { RewardSpec } from "./options.ts";

function problems(value: unknown): [string, string][] {
  return (RewardSpec.safeParse(value).error?.issues ?? []).map(({ path, message }) => [path.join("."), message]);
}

test("defaults are filled in", () => {
  expect(RewardSpec.parse({ name: "answer" })).toEqual({
    name: "answer",
    weight: 1,
    log_only: false,
    outcome: false,
    place: "whole",
    absent: "skip",
    timeout_ms: 5000,
    memory_mb: 512,
    error_limit: 0.5,
  });
  expect(RewardSpec.parse({ file: "./mine.ts", weight: -0.5, export: "a" })).toMatchObject({ file: "./mine.ts", weight: -0.5 });
});

test("what is parsed parses again to the same", () => {
  const parsed = RewardSpec.parse({ name: "random", options: { seed: 3 } });
  expect(RewardSpec.parse(parsed)).toEqual(parsed);
});

test.each([
  [{}, ["", "expected a name, a file or a part"]],
  [{ name: "answer", file: "a.ts" }, ["file", "expected a name or a file, got both"]],
  [{ name: "boxs" }, ["name", 'no reward is called "boxs"; did you mean "boxes"?']],
  [{ name: "answer", export: "a" }, ["export", "goes with a file only"]],
  [{ name: "answer", options: {} }, ["options", 'reward "answer" takes no options']],
  [{ name: "random", options: { seed: 0.5 } }, ["options.seed", "Invalid input: expected int, received number"]],
  [{ name: "answer", weight: Number.POSITIVE_INFINITY }, ["weight", "Invalid input: expected number, received Infinity"]],
  [{ name: "answer", timeout_ms: 0 }, ["timeout_ms", "Too small: expected number to be >=1"]],
  [{ name: "answer", part: "format" }, ["part", "expected a name, a file or a part, and one of them"]],
  [{ part: "format" }, ["", "expected `as`: what the new part is called"]],
  [{ part: "format", as: "form", options: {} }, ["options", "goes with a reward, and this part takes another part's value"]],
  [{ name: "answer", as: "an answer" }, ["as", "a name of letters, digits, _ and -"]],
  [{ name: "answer", version: 2 }, ["version", 'reward "answer" is of version 1 now']],
  [{ name: "answer", gate: true, log_only: true }, ["log_only", "a gate decides the reward: it can't be only logged"]],
  [{ name: "answer", gate: { else: 1 } }, ["gate", "expected at_least, above, at_most or below"]],
  [{ name: "answer", threshold: 1, keep: 1 }, ["keep", "expected a threshold or keep, got both"]],
  [{ name: "answer", gate: false }, ["gate", "expected true, or at_least, above, at_most or below, with else beside it"]],
  [{ name: "answer", threshold: {} }, ["threshold", "expected at_least, above, at_most or below"]],
  [{ name: "answer", threshold: "high" }, ["threshold", "expected a number, or at_least, above, at_most or below"]],
  [{ name: "answer", when: { field: "a", is: 1, iss: 1 } }, ["when", 'Unrecognized key: "iss"']],
  [{ name: "answer", scale: { from: [1, 1], to: [0, 1] } }, ["scale.from", "expected two different numbers"]],
  [{ name: "answer", when: { field: "a" } }, ["when", "a field takes is or in"]],
  [{ name: "answer", when: [{ part: "a", is: 1 }] }, ["when.0", "a part takes at_least, above, at_most or below"]],
  [{ name: "answer", when: { at_least: 1 } }, ["when", "expected a field or a part, and one of them"]],
  [{ name: "answer", times: 2 }, ["times", "expected a part's name, or a list of them"]],
  [{ name: "answer", wieght: 1 }, ["", 'Unrecognized key: "wieght"']],
])("%j is refused", (value, expected) => {
  expect(problems(value)).toEqual([expected]);
});

test("an editor is told the names", () => {
  expect(z.toJSONSchema(RewardSpec, { io: "input" }).properties?.name).toMatchObject({
    enum: expect.arrayContaining(["answer", "box_iou", "boxes", "format", "random", "steps", "tag_format", "step_match"]),
  });
});
