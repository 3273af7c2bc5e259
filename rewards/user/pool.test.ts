import { expect, test } from "vitest";
import { createScorer } from "../compose.ts";
import { rewards } from "../index.ts";
import { RewardSpec } from "../options.ts";
import { poolSize } from "./pool.ts";

test.each([
  [1, 2],
  [2, 2],
  [6, 6],
  [8, 8],
  [64, 8],
])("%i cores: %i threads", (cores, threads) => {
  expect(poolSize(cores)).toBe(threads);
});

test("a reward of ours that asks for it runs in a thread", { timeout: 60_000 }, async () => {
  const answer = rewards.get("answer");
  const specs = [RewardSpec.parse({ name: "answer", timeout_ms: 20_000 })];
  const outcomes = async () => {
    const scorer = await createScorer(specs, { folder: "/nowhere", seed: 0, workers: 1 });
    const ask = async (fields: Record<string, unknown>) => {
      const example = { id: "a", fields };
      return (await scorer.score({ example, completion: "<answer>3</answer>", tokens: 1, finish: "stop" })).parts[0]!.outcome;
    };
    const found = [await ask({ answer: "3" }), await ask({ answer: "3", f: () => 1 })];
    expect(await scorer.check({ id: "a", fields: { answer: " " } })).toEqual([
      'reward "answer" needs answer: expected text that is not blank',
    ]);
    await scorer.close();
    return found.map((outcome) => (outcome.kind === "error" ? outcome.message : outcome));
  };
  const right = { kind: "score", score: 1 };
  expect(await outcomes()).toEqual([right, right]);
  answer.isolate = true;
  try {
    // what can't be sent to a thread tells that there is one
    expect(await outcomes()).toEqual([right, expect.stringContaining("can't be sent to a thread")]);
  } finally {
    answer.isolate = false;
  }
});
