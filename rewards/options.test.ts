import { expect, test } from "vitest";
import { z } from "zod";
import { RewardSpec } from "./options.ts";

function problems(value: unknown): [string, string][] {
  return (RewardSpec.safeParse(value).error?.issues ?? []).map(({ path, message }) => [path.join("."), message]);
}

test("defaults are filled in", () => {
  expect(RewardSpec.parse({ name: "answer" })).toEqual({ name: "answer", weight: 1, log_only: false, timeout_ms: 5000 });
  expect(RewardSpec.parse({ file: "./mine.ts", weight: -0.5, export: "a" })).toMatchObject({ file: "./mine.ts", weight: -0.5 });
});

test("what is parsed parses again to the same", () => {
  const parsed = RewardSpec.parse({ name: "random", options: { seed: 3 } });
  expect(RewardSpec.parse(parsed)).toEqual(parsed);
});

test.each([
  [{}, ["", "expected a name or a file"]],
  [{ name: "answer", file: "a.ts" }, ["file", "expected a name or a file, got both"]],
  [{ name: "boxs" }, ["name", 'no reward is called "boxs"; did you mean "boxes"?']],
  [{ name: "answer", export: "a" }, ["export", "goes with a file only"]],
  [{ name: "answer", options: {} }, ["options", 'reward "answer" takes no options']],
  [{ name: "random", options: { seed: 0.5 } }, ["options.seed", "Invalid input: expected int, received number"]],
  [{ name: "answer", weight: Number.POSITIVE_INFINITY }, ["weight", "Invalid input: expected number, received Infinity"]],
  [{ name: "answer", timeout_ms: 0 }, ["timeout_ms", "Too small: expected number to be >=1"]],
  [{ name: "answer", wieght: 1 }, ["", 'Unrecognized key: "wieght"']],
])("%j is refused", (value, expected) => {
  expect(problems(value)).toEqual([expected]);
});

test("an editor is told the names", () => {
  expect(z.toJSONSchema(RewardSpec, { io: "input" }).properties?.name).toMatchObject({
    enum: expect.arrayContaining(["answer", "box_iou", "boxes", "format", "random", "steps", "text_match"]),
  });
});
