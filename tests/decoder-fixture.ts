import { Random } from "../core/random.ts";
import type { Architecture } from "../engines/embedded/architecture.ts";
import { initialWeights } from "../engines/embedded/initialize.ts";
import type { Policy } from "../engines/embedded/policy.ts";
import type { TrainRow } from "../engines/engine.ts";
import { adapterConfig, LoraOptions } from "../models/adapter/options.ts";
import { newAdapters } from "../models/adapter/store.ts";
import { parseArchitecture } from "../models/index.ts";
import { seededCompletion } from "./engine-fixture.ts";

/** A decoder of a few small layers for tests of what a pass computes; from a width of 384 on it counts as large. */
export function smallDecoder({ hidden = 48, vocab = 61, layers = 3 } = {}): Architecture {
  const config = {
    model_type: "llama",
    vocab_size: vocab,
    hidden_size: hidden,
    intermediate_size: 64,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 12,
    max_position_embeddings: 128,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    hidden_act: "silu",
    tie_word_embeddings: true,
    initializer_range: 0.1,
  };
  return parseArchitecture(JSON.stringify(config), "config.json");
}

/** An adapter on every linear layer. */
export function fullAdapter(model: Architecture, dropout = 0) {
  return newAdapters(model, adapterConfig(LoraOptions.parse({ rank: 3, alpha: 6, dropout, target_modules: "all-linear" })));
}

/** Seeded weights in which an adapter does something: its B, which would start as zeros, is noise too. */
export function decoderWeights({ parameters }: Pick<Policy, "parameters">): Record<string, Float32Array> {
  const random = new Random(23);
  const weights = initialWeights({ parameters }, 5);
  for (const { name, init } of parameters) {
    if (init.kind === "zeros") weights[name] = weights[name]!.map(() => 0.1 * random.normal());
  }
  return weights;
}

/** Groups of text of unlike lengths, `noise_seed` the row's number. */
export function textRows(vocab: number): TrainRow[] {
  const random = new Random(29);
  const groups: [number, number[]][] = [
    [5, [3, 9]],
    [11, [6, 1]],
    [4, [4]],
    [7, [2, 7]],
  ];
  return groups.map(([prompt, lengths], row) => ({
    prompt: { tokens: Int32Array.from({ length: prompt }, () => random.integer(0, vocab - 1)), pixels: null },
    completions: lengths.map((length) => seededCompletion(random, length, vocab)),
    noise_seed: row,
  }));
}

/** The largest difference of two gradients as a share of the largest entry of either. */
export function gradientGap(a: Readonly<Record<string, Float32Array>>, b: Readonly<Record<string, Float32Array>>): number {
  if (`${Object.keys(a)}` !== `${Object.keys(b)}`) throw new Error("these are gradients of different parameters");
  let [gap, top] = [0, 0];
  for (const [name, values] of Object.entries(a)) {
    values.forEach((value, i) => {
      const other = b[name]![i]!;
      gap = Math.max(gap, Math.abs(value - other));
      top = Math.max(top, Math.abs(value), Math.abs(other));
    });
  }
  return gap / top;
}
