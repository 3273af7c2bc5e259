import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { DecoderConfig } from "../../models/config/types.ts";
import { transformersJsFields, withFields, writeOnnxFolder } from "./folder.ts";

const BASE: DecoderConfig = {
  vocabSize: 40,
  hiddenSize: 20,
  intermediateSize: 28,
  layers: 3,
  heads: 6,
  kvHeads: 2,
  headDim: 8, // not 20 / 6
  normEps: 1e-5,
  initializerRange: 0.3,
  contextLength: 64,
  tied: false,
  bias: { qkv: false, output: false, mlp: false },
  headNorm: false,
  windows: [null, null, null],
  rotated: [true, true, true],
  rope: { type: "default", theta: 10_000, sections: null, interleaved: false }, // `angles` stands in for it
};

/** Angles that grow more slowly than positions, and a scale: what a scaled rope may give. */
function angles(positions: Int32Array): { cos: Float32Array; sin: Float32Array } {
  const half = BASE.headDim / 2;
  const at = (turn: (angle: number) => number) =>
    Float32Array.from(
      { length: positions.length * half },
      (_, i) => 1.1 * turn((positions[Math.floor(i / half)]! / 2) * 50 ** (-(i % half) / half)),
    );
  return { cos: at(Math.cos), sin: at(Math.sin) };
}

type Read = (name: string) => number[];

function randomWeights({ initializerRange }: DecoderConfig, seed: number): Read {
  const sizes = weightSizes();
  const random = new Random(seed);
  const known = new Map<string, number[]>();
  for (const [name, size] of sizes) {
    const centre = name.endsWith("norm.weight") ? 1 : 0;
    known.set(
      name,
      Array.from({ length: size }, () => Math.fround(centre + initializerRange * random.normal())),
    );
  }
  return (name) => known.get(name)!;
}

function weightSizes(): [string, number][] {
  const { hiddenSize: hidden, intermediateSize: inner, heads, kvHeads, headDim, vocabSize } = BASE;
  const matrices: [string, number, number][] = [
    ["self_attn.q_proj", heads * headDim, hidden],
    ["self_attn.k_proj", kvHeads * headDim, hidden],
    ["self_attn.v_proj", kvHeads * headDim, hidden],
    ["self_attn.o_proj", hidden, heads * headDim],
    ["mlp.gate_proj", inner, hidden],
    ["mlp.up_proj", inner, hidden],
    ["mlp.down_proj", hidden, inner],
  ];
  const layers = [0, 1, 2].flatMap((i): [string, number][] => [
    ...matrices.flatMap(([name, out, into]): [string, number][] => [
      [`model.layers.${i}.${name}.weight`, out * into],
      [`model.layers.${i}.${name}.bias`, out],
    ]),
    [`model.layers.${i}.self_attn.q_norm.weight`, headDim],
    [`model.layers.${i}.self_attn.k_norm.weight`, headDim],
    [`model.layers.${i}.input_layernorm.weight`, hidden],
    [`model.layers.${i}.post_attention_layernorm.weight`, hidden],
  ]);
  return [
    ["model.embed_tokens.weight", vocabSize * hidden],
    ["lm_head.weight", vocabSize * hidden],
    ["model.norm.weight", hidden],
    ...layers,
  ];
}

/** The last token's logits of a sequence without padding, in float64, token by token as the papers write it: no cache, no batch. */
function plainLogits(config: DecoderConfig, read: Read, ids: number[]): number[] {
  const { hiddenSize, heads, kvHeads, headDim, bias, normEps } = config;
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const linear = (x: number[], name: string, biased: boolean) => {
    const [weight, width] = [read(`${name}.weight`), x.length];
    return Array.from({ length: weight.length / width }, (_, row) => {
      const product = dot(x, weight.slice(row * width, (row + 1) * width));
      return biased ? product + read(`${name}.bias`)[row]! : product;
    });
  };
  const norm = (x: number[], name: string) => {
    const scale = 1 / Math.sqrt(dot(x, x) / x.length + normEps);
    return x.map((value, i) => value * scale * read(`${name}.weight`)[i]!);
  };
  const split = (x: number[], n: number) => Array.from({ length: n }, (_, h) => x.slice(h * headDim, (h + 1) * headDim));
  const turn = (x: number[], position: number) => {
    const { cos, sin } = angles(Int32Array.of(position));
    const half = headDim / 2;
    return x.map((value, i) =>
      i < half ? value * cos[i]! - x[i + half]! * sin[i]! : value * cos[i - half]! + x[i - half]! * sin[i - half]!,
    );
  };

  let xs = ids.map((id) => read("model.embed_tokens.weight").slice(id * hiddenSize, (id + 1) * hiddenSize));
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}.`;
    const window = config.windows[layer] ?? Infinity;
    const place = (name: string, n: number, h: number[], position: number) =>
      split(linear(h, `${at}self_attn.${name}_proj`, bias.qkv), n).map((x) => {
        const normed = config.headNorm ? norm(x, `${at}self_attn.${name}_norm`) : x;
        return config.rotated[layer] ? turn(normed, position) : normed;
      });
    const hs = xs.map((x) => norm(x, `${at}input_layernorm`));
    const keys = hs.map((h, i) => place("k", kvHeads, h, i));
    const values = hs.map((h) => split(linear(h, `${at}self_attn.v_proj`, bias.qkv), kvHeads));
    xs = xs.map((x, i) => {
      const mixed = place("q", heads, hs[i]!, i).flatMap((q, head) => {
        const kv = Math.floor(head / (heads / kvHeads));
        const scores = keys.map((key, j) => (j <= i && i - j < window ? dot(q, key[kv]!) / Math.sqrt(headDim) : -Infinity));
        const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
        const total = weights.reduce((a, b) => a + b, 0);
        return Array.from({ length: headDim }, (_, d) => weights.reduce((sum, w, j) => sum + (w / total) * values[j]![kv]![d]!, 0));
      });
      const attended = linear(mixed, `${at}self_attn.o_proj`, bias.output).map((value, d) => value + x[d]!);
      const h2 = norm(attended, `${at}post_attention_layernorm`);
      const up = linear(h2, `${at}mlp.up_proj`, bias.mlp);
      const gated = linear(h2, `${at}mlp.gate_proj`, bias.mlp).map((value, d) => (value / (1 + Math.exp(-value))) * up[d]!);
      return linear(gated, `${at}mlp.down_proj`, bias.mlp).map((value, d) => value + attended[d]!);
    });
  }
  return linear(norm(xs.at(-1)!, "model.norm"), config.tied ? "model.embed_tokens" : "lm_head", false);
}

/** The largest logit's id, again and again on the whole sequence, and how far ahead of the second it was at its closest. */
function plainGreedy(config: DecoderConfig, read: Read, prompt: number[], steps: number): { ids: number[]; margin: number } {
  const ids = [...prompt];
  let margin = Infinity;
  for (let step = 0; step < steps; step++) {
    const logits = plainLogits(config, read, ids);
    const [first, second] = logits.toSorted((a, b) => b - a) as [number, number];
    margin = Math.min(margin, first - second);
    ids.push(logits.indexOf(first));
  }
  return { ids: ids.slice(prompt.length), margin };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-decoder-"));
});
afterAll(() => rm(folder, { recursive: true }));

const PROMPTS = [
  [3, 17, 4, 29, 8, 8, 31],
  [12, 5],
  [39, 0, 1, 22],
];
const STEPS = 12;

test.each<[string, string, Partial<DecoderConfig>]>([
  ["llama", "llama", {}],
  ["llama with every bias, tied", "llama", { bias: { qkv: true, output: true, mlp: true }, tied: true }],
  ["qwen2, biases on q, k, v", "qwen2", { bias: { qkv: true, output: false, mlp: false } }],
  ["qwen3, normalised heads, tied", "qwen3", { headNorm: true, tied: true }],
  ["smollm3, a layer without rotation", "smollm3", { rotated: [true, false, true] }],
  ["smollm3, none rotated", "smollm3", { rotated: [false, false, false] }],
  ["mistral, all layers with a window", "mistral", { windows: [3, 3, 3] }],
  ["qwen2, windows in some layers", "qwen2", { bias: { qkv: true, output: false, mlp: false }, windows: [null, 4, 1] }],
])("%s generates in transformers.js what the plain loop does", async (name, modelType, change) => {
  const config = { ...BASE, ...change };
  const read = randomWeights(config, 5);
  const model = {
    kind: "text" as const,
    text: config,
    prefix: "model.",
    headName: config.tied ? null : "lm_head.weight",
    read: async (tensor: string) => Float32Array.from(read(tensor)),
  };
  const path = join(folder, name.replaceAll(/\W/g, "-"));
  const files = await writeOnnxFolder(path, model, angles);
  await writeFile(join(path, "config.json"), JSON.stringify(withFields({ model_type: modelType }, transformersJsFields(model, files))));

  const { AutoModelForCausalLM, Tensor } = await import("@huggingface/transformers");
  const loaded = await AutoModelForCausalLM.from_pretrained(path, { local_files_only: true, dtype: "fp32" });
  const width = Math.max(...PROMPTS.map(({ length }) => length));
  const pad = (rows: number[][]) => rows.map((row) => [...Array<number>(width - row.length).fill(0), ...row]);
  const tensor = (rows: number[][]) => new Tensor("int64", BigInt64Array.from(pad(rows).flat(), BigInt), [rows.length, width]);
  // biome-ignore lint/suspicious/noExplicitAny: its types leave out null for no end token
  const settings: any = { max_new_tokens: STEPS, do_sample: false, eos_token_id: null };
  const sequences = await loaded.generate({
    input_ids: tensor(PROMPTS),
    attention_mask: tensor(PROMPTS.map((row) => row.map(() => 1))),
    ...settings,
  });
  const replies = (sequences as InstanceType<typeof Tensor>).tolist().map((row: bigint[]) => row.slice(width).map(Number));
  const expected = PROMPTS.map((prompt) => plainGreedy(config, read, prompt, STEPS));
  // farther apart than float32 is from float64, so that no tie decides
  expect(Math.min(...expected.map(({ margin }) => margin))).toBeGreaterThan(1e-4);
  expect(replies).toEqual(expected.map(({ ids }) => ids));
  expect(new Set(replies.flat()).size).toBeGreaterThan(4);
  await loaded.dispose();
});
