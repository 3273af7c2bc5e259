/**
 * Speed and memory on the exact shape of SmolLM2-135M with random weights: a supervised step, GRPO steps of the whole model and of an
 * adapter, and decoding. Each in a process of its own, whose largest resident size stands beside what was estimated for it.
 * `npm run bench:large`, or with names: `npm run bench:large -- sft lora`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { narrowToHalf } from "../core/half.ts";
import { Random } from "../core/random.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import { EmbeddedEngine } from "../engines/embedded/engine.ts";
import { collectGarbage } from "../engines/embedded/garbage.ts";
import { initialWeights } from "../engines/embedded/initialize.ts";
import { cacheBytes, peakBytes, policyBytes, sessionBytes } from "../engines/embedded/memory.ts";
import { planPasses } from "../engines/embedded/pass.ts";
import { policyOf } from "../engines/embedded/policy.ts";
import { lossGraph } from "../engines/embedded/train-graph.ts";
import type { Completion, TrainRow } from "../engines/engine.ts";
import { adapterConfig, LoraOptions } from "../models/adapter/options.ts";
import { newAdapters } from "../models/adapter/store.ts";
import { architectures } from "../models/index.ts";
import { modelStore, newLayout } from "../models/weights.ts";
import { losses } from "../trainers/losses/index.ts";
import { plainRows, randomPrompt, trainRow } from "./data.ts";

const SMOLLM2_135M = {
  model_type: "llama",
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  max_position_embeddings: 8192,
  tie_word_embeddings: true,
};
const ADAMW = { lr: 1e-5, betas: [0.9, 0.95] as [number, number], eps: 1e-8, weight_decay: 0.1, max_grad_norm: 1 };
const NO_STOP = { temperature: 1, top_k: 0, top_p: 1, min_p: 0, stop_ids: [], stop_strings: [] };
const OPTIONS = { ratio: "token", clip_low: 0.2, clip_high: 0.2, delta: null, kl_estimator: null, entropy_bonus: false };
const GRPO = { name: "grpo", options: OPTIONS, temperature: 1 };
const CROSS_ENTROPY = { name: "cross_entropy", options: {}, temperature: 1 };
const REPEATS = 4;

/** What is measured: SFT is 4 x 256 tokens, GRPO 2 groups of 8 with 64-token prompts and 64 new tokens, decoding 16 such completions. */
interface Task {
  kind: "sft" | "grpo" | "decode";
  lora?: boolean;
  recompute?: boolean;
  /** hold what is not trained in half precision */
  halves?: boolean;
}

const TASKS: Record<string, Task> = {
  sft: { kind: "sft" },
  "sft recompute": { kind: "sft", recompute: true },
  grpo: { kind: "grpo" },
  "grpo lora": { kind: "grpo", lora: true },
  "grpo lora halves": { kind: "grpo", lora: true, halves: true },
  "grpo lora halves recompute": { kind: "grpo", lora: true, halves: true, recompute: true },
  decode: { kind: "decode" },
  "decode halves": { kind: "decode", lora: true, halves: true },
};

interface Measured {
  task: string;
  seconds: number;
  "tokens/s": number;
  "model GFLOP/s": number | null;
  "peak GB": number;
  "estimated GB": number;
}

async function measure(task: string): Promise<Measured> {
  const { kind, lora = false, recompute = false, halves: halved = false } = TASKS[task]!;
  const model = architectures.get("llama").build(SMOLLM2_135M);
  const adapters = lora ? newAdapters(model, adapterConfig(LoraOptions.parse({}))) : [];
  const policy = policyOf(model, { adapters, recompute, frozenDtype: halved ? "float16" : "float32" });
  const store = modelStore(model, { layout: newLayout(model) });
  const weights: Record<string, Float32Array> = {};
  const halves: Record<string, Uint16Array> = {};
  for (const spec of policy.parameters) {
    const values = initialWeights({ parameters: [spec] }, 0)[spec.name]!;
    if (policy.halves.has(spec.name)) halves[spec.name] = narrowToHalf(values);
    else weights[spec.name] = values;
  }
  collectGarbage();
  const engine = new EmbeddedEngine(policy, weights, losses, store, { slots: 16, threads: 0, halves });
  const random = new Random(1);
  const prompts = Array.from({ length: kind === "decode" ? 1 : 2 }, () => randomPrompt(model, 64, 0, random));
  const members = 16 / prompts.length;
  const request = {
    prompts,
    seeds: prompts.map((_, p) => Array.from({ length: members }, (_, i) => p * members + i)),
    sampling: { ...NO_STOP, max_new_tokens: 64 },
  };
  const plain = plainRows(model, 4, 256, 0, 4);
  const rowsOf = (completions: Completion[][]): TrainRow[] => prompts.map((prompt, p) => trainRow(prompt, completions[p]!, 1 / (16 * 64)));
  const update = async (rows: TrainRow[], spec: typeof GRPO | typeof CROSS_ENTROPY) => {
    await engine.forwardBackward(rows, spec);
    await engine.optimStep(ADAMW);
  };
  const sample = async () => {
    const completions: Completion[][] = prompts.map(() => []);
    await engine.sample(request, (completion) => {
      completions[completion.prompt]![completion.member] = completion;
    });
    return completions;
  };
  const step = {
    sft: () => update(plain, CROSS_ENTROPY),
    grpo: async () => update(rowsOf(await sample()), GRPO),
    decode: sample,
  }[kind];
  let seconds = Infinity;
  for (let i = 0; i < REPEATS; i++) {
    const started = performance.now();
    await step();
    seconds = Math.min(seconds, (performance.now() - started) / 1000);
  }
  await engine.close();

  const blank = { tokens: new Int32Array(64), logprobs: new Float32Array(64) };
  const trained = kind === "sft" ? plain : prompts.map((prompt) => trainRow(prompt, Array(members).fill(blank), 1));
  const spec = kind === "sft" ? CROSS_ENTROPY : GRPO;
  const passes = kind === "decode" ? [] : planPasses(trained, model);
  const graphs = passes.map(({ shape }) => lossGraph(policy, shape, losses.get(spec.name), spec.options, 1));
  const needs = {
    process: 160 * 2 ** 20,
    passes: graphs.map(peakBytes),
    sessions: graphs.map(sessionBytes).reduce((sum, bytes) => sum + bytes, 0),
    accumulates: passes.length > 1,
    moments: kind === "decode" ? 0 : 2,
    snapshots: 0,
    cache: kind === "sft" ? 0 : cacheBytes(model, 16, 128),
  };
  const tokens = kind === "sft" ? 4 * 256 : 16 * 64;
  return {
    task,
    seconds,
    "tokens/s": tokens / seconds,
    "model GFLOP/s": kind === "sft" ? (6 * parameterCount(model.parameters) * tokens) / seconds / 1e9 : null,
    "peak GB": process.resourceUsage().maxRSS / 2 ** 20,
    "estimated GB": policyBytes(policy, needs) / 2 ** 30,
  };
}

const CHILD = "--measure";
if (process.argv[2] === CHILD) {
  console.log(JSON.stringify(await measure(process.argv[3]!)));
} else {
  const json = process.argv.includes("--json");
  const asked = process.argv.slice(2).filter((name) => name in TASKS);
  const rows: Measured[] = [];
  for (const task of asked.length > 0 ? asked : Object.keys(TASKS)) {
    const { stdout, status } = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), CHILD, task], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`${task} ended with ${status}`);
    rows.push(JSON.parse(stdout) as Measured);
    if (!json)
      console.table(
        rows
          .slice(-1)
          .map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === "number" ? Number(v.toPrecision(3)) : v]))),
      );
  }
  if (json) console.log(JSON.stringify(rows));
}
