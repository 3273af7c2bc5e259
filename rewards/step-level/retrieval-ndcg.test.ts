import { expect, test } from "vitest";
import type { TurnLog } from "../../core/types.ts";
import { scored } from "../../tests/scored.ts";
import { observation, policy } from "../../tests/trajectory.ts";
import { episode } from "../turns.ts";
import { retrievalNdcg } from "./retrieval-ndcg.ts";

const of = (logs: (TurnLog | undefined)[], target: string[], options: object = {}) => {
  const turns = episode(logs.flatMap((log) => [policy("<search>a</search>"), observation("[picture]", log)]));
  return scored(retrievalNdcg, turns.completion, target, options, turns);
};
const half = 1 / Math.log2(3);

test.each<[string, (TurnLog | undefined)[], string[], object, number, number]>([
  ["first", [{ documents: ["a"] }], ["a"], {}, 1, 1],
  ["second", [{ documents: "b" }, { documents: "a" }], ["a"], {}, half, 2],
  ["several in one turn", [{ documents: ["b", "a"] }], ["a"], {}, half, 2],
  ["two of two", [{ documents: ["a", "b"] }], ["b", "a"], {}, 1, 2],
  ["one of two", [{ documents: ["a"] }], ["a", "b"], {}, 1 / (1 + half), 1],
  ["gold twice is gold once", [{ documents: ["a", "a"] }], ["a"], {}, 1, 1],
  ["numbers are ids", [{ documents: [7] }], ["7"], {}, 1, 1],
  ["names of files", [{ documents: ["deck_3.png"] }], ["deck_3"], { file_names: true }, 1, 1],
  ["and not, unless asked for", [{ documents: ["deck_3.png"] }], ["deck_3"], {}, 0, 1],
  ["another entry", [{ page: "a" }], ["a"], { log: "page" }, 1, 1],
  ["no log", [undefined], ["a"], {}, 0, 0],
  ["what is no id", [{ documents: [null, { a: 1 }, ["a"]] }, { documents: {} }], ["a"], {}, 0, 0],
])("%s", async (_, logs, target, options, expected, retrieved) => {
  const found = await of(logs, target, options);
  expect(found.score).toBeCloseTo(expected, 12);
  expect(found.metrics.retrieved).toBe(retrieved);
});

test("a log beside what the policy wrote is not read, and no gold is refused", async () => {
  const turns = episode([{ ...policy("a"), log: { documents: ["a"] } }]);
  expect((await scored(retrievalNdcg, "a", ["a"], {}, turns)).score).toBe(0);
  expect(retrievalNdcg.target.safeParse([]).success).toBe(false);
});
