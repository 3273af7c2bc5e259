import { expect, test } from "vitest";
import type { Outcome } from "../core/types.ts";
import { RewardHealth } from "./health.ts";

const right: Outcome = { kind: "score", score: 1 };
const error: Outcome = { kind: "error", message: "mine.ts:3: Error: no" };
const timeout: Outcome = { kind: "timeout", message: "no answer in 5 ms" };
const absent: Outcome = { kind: "not_applicable" };

function told(limit: number, outcomes: Outcome[], text = "a\nb"): RewardHealth {
  const health = new RewardHealth([
    { name: "other", limit: 0 },
    { name: "mine", limit },
  ]);
  for (const [i, outcome] of outcomes.entries()) {
    health.record({ exampleId: `row/${i}`, text, parts: [{ name: "mine", outcome, latencyMs: 0 }] });
  }
  return health;
}

test.each([
  [0.5, [right, error], 0], // half is not more than half
  [0.5, [right, error, timeout], 1],
  [0.5, [error, absent, absent], 1], // of those that were asked
  [0.5, [absent], 0],
  [0, [right, right, right, error], 1],
  [0, [right], 0],
  [1, [error, timeout], 0],
])("a limit of %f, %j: %i failing", (limit, outcomes, failing) => {
  expect(told(limit, outcomes).take("r.yaml")).toHaveLength(failing);
});

test("three failures are shown with the row, the completion's head and the cause", () => {
  const [problem] = told(0.5, [error, right, timeout, error, error], `a\n${"b".repeat(100)}`).take("r.yaml");
  const head = `"a\\n${"b".repeat(78)}…"`;
  expect(problem).toEqual({
    place: { file: "r.yaml" },
    field: "rewards[1]",
    message: '"mine" failed for 4 of 5 completions, a larger share than its error_limit of 0.5',
    cure: [
      `row/0: ${head}: mine.ts:3: Error: no`,
      `row/2: ${head}: no answer in 5 ms`,
      `row/3: ${head}: mine.ts:3: Error: no`,
      "Put it right and go on with --resume, or raise its error_limit: 1 lets it fail.",
    ].join("\n  "),
  });
});

test("each step is counted by itself", () => {
  const health = told(0.5, [error, error]);
  expect(health.take("r.yaml")).toHaveLength(1);
  expect(health.take("r.yaml")).toEqual([]);
  health.record({ exampleId: "a", text: "", parts: [{ name: "mine", outcome: right, latencyMs: 0 }] });
  expect(health.take("r.yaml")).toEqual([]);
});
