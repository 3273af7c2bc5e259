import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Random } from "../core/random.ts";
import type { Message } from "../core/types.ts";
import { openDataset } from "../datasets/index.ts";
import { EmbeddedEngine } from "../engines/embedded/engine.ts";
import { initialWeights } from "../engines/embedded/initialize.ts";
import { type Policy, policyOf } from "../engines/embedded/policy.ts";
import type { EncodedPrompt, SampleRequest, SamplingOptions, TrainCompletion } from "../engines/engine.ts";
import type { Executor } from "../engines/executor.ts";
import { readArchitecture } from "../models/index.ts";
import { loadProcessor } from "../models/processor/load.ts";
import { writeTinyFiles } from "../models/tiny/files.ts";
import { modelStore, newLayout } from "../models/weights.ts";
import { losses } from "../trainers/losses/index.ts";

/** The tiny preset with seeded weights, engines of it, and prompts with pictures, for tests of what an engine promises. */
export interface EngineFixture {
  policy: Policy;
  weights: Record<string, Float32Array>;
  /** an engine with a copy of the weights */
  engine(options?: {
    slots?: number;
    weights?: Record<string, Float32Array>;
    executor?: Executor;
    state?: "host" | "device";
    decoding?: "host" | "device";
  }): EmbeddedEngine;
  /** prompts of different lengths, each with a picture of its own */
  prompts: EncodedPrompt[];
  /** without a picture */
  textPrompt: EncodedPrompt;
  remove(): Promise<void>;
}

export async function engineFixture(): Promise<EngineFixture> {
  const folder = await mkdtemp(join(tmpdir(), "vlrl-engine-"));
  await writeTinyFiles(folder);
  const model = await readArchitecture(folder);
  const weights = initialWeights(model, 3);
  const processor = await loadProcessor(folder);
  const dataset = await openDataset({ name: "digit_sum", split: "test" }, { folder, seed: 0 });
  const encode = async (content: Message["content"]) => (await processor.encodePrompt([{ role: "user", content }])).prompt;
  const prompts: EncodedPrompt[] = [];
  for (let i = 0; i < 20; i++) {
    const { image } = (await dataset.at(i)).fields as { image: Extract<Message["content"][0], { type: "image" }>["image"] };
    prompts.push(
      await encode([
        { type: "image", image },
        { type: "text", text: "1 + 2 + 3 = 6 ".repeat(i % 4) },
      ]),
    );
  }
  const policy = policyOf(model);
  const store = modelStore(model, { layout: newLayout(model) });
  const copied = (of: Record<string, Float32Array>) =>
    Object.fromEntries(Object.entries(of).map(([name, values]) => [name, values.slice()]));
  return {
    policy,
    weights,
    engine: ({ slots = 8, weights: own = weights, executor, state, decoding } = {}) =>
      new EmbeddedEngine(policy, copied(own), losses, store, { slots, threads: 1, executor, state, decoding }),
    prompts,
    textPrompt: await encode([{ type: "text", text: "1 + 2 = " }]),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Options of the loss "grpo" with every term there is. */
export const GRPO_OPTIONS = {
  ratio: "token",
  clip_low: 0.2,
  clip_high: 0.3,
  delta: null,
  kl_estimator: "k3",
  kl_limit: null,
  entropy_bonus: true,
};

export const PLAIN: SamplingOptions = {
  temperature: 1,
  top_k: 0,
  top_p: 1,
  min_p: 0,
  max_new_tokens: 12,
  stop_ids: [],
  stop_strings: [],
};

/** Completions by prompt and member, and how many came. */
export async function sampled(engine: EmbeddedEngine, request: SampleRequest) {
  const out = request.seeds.map((seeds) => seeds.map(() => ({ tokens: [] as number[], logprobs: [] as number[], finish: "" })));
  let count = 0;
  await engine.sample(request, ({ prompt, member, tokens, logprobs, finish }) => {
    out[prompt]![member] = { tokens: [...tokens], logprobs: [...logprobs], finish };
    count++;
  });
  return { completions: out, count };
}

/** A completion of seeded tokens, with every field that the losses read. */
export function seededCompletion(random: Random, length: number, vocab: number): TrainCompletion {
  const draw = (low: number, high: number) => Float32Array.from({ length }, () => low + (high - low) * random.uniform());
  return {
    tokens: Int32Array.from({ length }, () => random.integer(0, vocab - 1)),
    fields: {
      weights: draw(0.01, 0.1),
      klWeights: draw(0.001, 0.01),
      entropyWeights: draw(0.001, 0.01),
      mask: new Float32Array(length).fill(1),
      advantages: draw(-1, 1),
      oldLogprobs: draw(-6, -3),
      refLogprobs: draw(-6, -3),
    },
  };
}
