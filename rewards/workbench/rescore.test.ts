import { expect, test } from "vitest";
import type { Scored } from "../../core/types.ts";
import { compareScorings } from "./rescore.ts";

const scored = (reward: number | null, scores: Record<string, number | null>): Scored => ({
  reward,
  parts: Object.entries(scores).map(([name, score]) => ({
    name,
    outcome: score === null ? { kind: "error", message: "broke" } : { kind: "score", score },
    latencyMs: 1,
  })),
});

test("means before and after, how many changed, and where most", () => {
  const before = [
    scored(1, { a: 1, old: 0 }),
    scored(0, { a: 0, old: 0 }),
    scored(0.5, { a: 0.5, old: 0 }),
    scored(null, { a: null, old: 0 }),
  ];
  const after = [
    scored(1, { a: 1, new: 2 }),
    scored(3, { a: 1, new: 2 }),
    scored(0.5 + 1e-12, { a: 0.5, new: 2 }),
    scored(1, { a: 1, new: 2 }),
  ];
  expect(compareScorings(before, after)).toEqual({
    rows: 4,
    parts: [
      { name: "reward", before: 0.5, after: expect.closeTo(5.5 / 4, 10), changed: 2 },
      // 1, 0, 0.5 before; 1, 1, 0.5, 1 after
      { name: "a", before: 0.5, after: 3.5 / 4, changed: 2 },
      { name: "old", before: 0, after: null, changed: 4 },
      { name: "new", before: null, after: 2, changed: 4 },
    ],
    examples: [1, 3],
  });
});
