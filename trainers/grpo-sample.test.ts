import { describe, expect, test } from "vitest";
import type { SampleRequest } from "../engines/engine.ts";
import { fromBatch } from "../rollouts/schema.ts";
import { examplesPerStep, sampleStep } from "./grpo-sample.ts";
import { GrpoStage } from "./options.ts";
import type { StageContext } from "./runner.ts";

const stageOf = (filter: object | null) =>
  GrpoStage.parse({ name: "rl", kind: "grpo", steps: 3, groups_per_step: 2, group_size: 2, minibatches: 2, filter });

/**
 * A crew whose engine answers at once and whose rewards differ within the groups of every third example only: 2, 5, 8, …
 */
function context() {
  const asked: number[] = [];
  const warnings: string[] = [];
  const crew = {
    engine: {
      async sample({ prompts, seeds }: SampleRequest, onCompletion: (completion: object) => void) {
        prompts.forEach((_, prompt) => {
          seeds[prompt]!.forEach((_, member) => {
            const tokens = Int32Array.of(member);
            onCompletion({ prompt, member, tokens, logprobs: Float32Array.of(-1), finish: "stop", startedMs: 0, finishedMs: 0 });
          });
        });
      },
    },
    processor: {
      decode: (tokens: Int32Array) => String(tokens[0]),
      encodePrompt: async () => ({ prompt: { tokens: Int32Array.of(0), pixels: null }, text: "" }),
      stopIds: [],
      tokenPieces: () => [],
    },
    environment: { start: () => [], reply: () => null },
    scorer: {
      names: ["right"],
      counted: ["right"],
      async score({ example, completion }: { example: { id: string }; completion: string }) {
        const reward = Number(example.id) % 3 === 2 ? Number(completion) : 1;
        return { parts: [{ name: "right", outcome: { kind: "score", score: reward }, latencyMs: 0 }], reward };
      },
    },
    train: {
      at: async (index: number) => {
        asked.push(index);
        return { id: String(index), fields: {} };
      },
    },
    maxLength: null,
  };
  const whole = {
    crew,
    seed: 0,
    stage: "rl",
    firstExample: 0,
    firstVersion: 0,
    warn: (message: string) => warnings.push(message),
    onSampled: () => {},
  } as unknown as StageContext;
  return { context: whole, asked, warnings };
}

async function sampled(filter: object | null, step = 0) {
  const { context: whole, asked, warnings } = context();
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
