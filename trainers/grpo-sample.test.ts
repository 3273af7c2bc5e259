import { describe, expect, test } from "vitest";
import { fromBatch } from "../rollouts/schema.ts";
import { instantContext } from "../tests/instant-context.ts";
import { examplesPerStep, sampleStep } from "./grpo-sample.ts";
import { GrpoStage } from "./options.ts";

const stageOf = (filter: object | null) =>
  GrpoStage.parse({ name: "rl", kind: "grpo", steps: 3, groups_per_step: 2, group_size: 2, minibatches: 2, filter });

async function sampled(filter: object | null, step = 0) {
  const { context: whole, asked, warnings } = instantContext();
  const { groups, sampled } = await sampleStep(whole, stageOf(filter), step);
  // numbered from 0 on, in the rollouts and in what is written of them
  groups.forEach(({ rollouts, batch }, g) => {
    expect(rollouts.map(({ group }) => group)).toEqual([g, g]);
    expect(fromBatch(batch)).toEqual(rollouts);
  });
  return { examples: groups.map(({ rollouts }) => Number(rollouts[0]!.exampleId)), sampled, asked, warnings };
}

describe("a step samples", () => {
  test("once without a filter", async () => {
    expect(await sampled(null)).toEqual({ examples: [0, 1], sampled: 2, asked: [0, 1], warnings: [] });
    expect((await sampled(null, 2)).asked).toEqual([4, 5]);
  });

  test("with one until enough groups pass it, and sets aside the examples of every round", async () => {
    expect(examplesPerStep(stageOf({ max_rounds: 5 }))).toBe(10);
    expect(await sampled({ max_rounds: 5 })).toEqual({ examples: [2, 5], sampled: 6, asked: [0, 1, 2, 3, 4, 5], warnings: [] });
    // the next step begins behind them, so that it does not depend on how many rounds this one took
    expect((await sampled({ max_rounds: 5 }, 1)).asked[0]).toBe(10);
  });

  test("no more rounds than it may, and then does what it was told", async () => {
    const found = "step 1: 1 of 4 groups pass the filter on reward, 2 are wanted";
    await expect(sampled({ max_rounds: 2 })).rejects.toThrow(`recipe: stages.rl.filter.exhausted: ${found}`);
    expect(await sampled({ max_rounds: 2, exhausted: "smaller" })).toMatchObject({
      examples: [2],
      warnings: [`${found}; it learns from these alone`],
    });
    expect(await sampled({ max_rounds: 2, exhausted: "original" })).toMatchObject({
      examples: [0, 1],
      warnings: [`${found}; it learns from the first round as it is`],
    });
  });

  test("by the score of one reward", async () => {
    expect((await sampled({ on: "right", differ: false, high: 0.9, max_rounds: 5 })).examples).toEqual([2, 5]);
    await expect(sampled({ on: "wrong" })).rejects.toThrow('stages.rl.filter.on: no reward is called "wrong"\n  Known: reward, right.');
  });
});
