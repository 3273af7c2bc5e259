import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedEngine } from "../../engines/embedded/engine.ts";
import { keptTokens } from "../../engines/embedded/filters.ts";
import type { Policy } from "../../engines/embedded/policy.ts";
import type { PromptPixels, TrainRow } from "../../engines/engine.ts";
import type { Executor } from "../../engines/executor.ts";
import { sizeOf } from "../../engines/graph/tensor.ts";
import { openModel } from "../../models/open.ts";
import { losses } from "../../trainers/losses/index.ts";
import { allLogits } from "../logits.ts";
import { Comparison, type Section } from "./comparison.ts";
import { Golden, LoraGolden } from "./schema.ts";

/** Whole numbers must be equal: any other is infinitely far. */
const EQUAL = Number.MIN_VALUE;

interface Setup<G = Golden> {
  folder: string;
  golden: G;
  policy: Policy;
  weights: Record<string, Float32Array>;
  /** what runs it; ONNX Runtime where none is given */
  executor?: Executor;
  engine: () => EmbeddedEngine;
}

type Padded = Pick<Golden["batches"]["right"], "input_ids" | "attention_mask">;
interface WithBatches {
  batches: Partial<Pick<Golden["batches"], "images" | "pixel_values" | "image_grid_thw">> & { right: Padded; left?: Padded };
}
/** What a golden file says of training. */
type Trained = WithBatches & Pick<Golden, "prompt_lengths" | "loss" | "adamw">;

/** Checks every section of a fixture folder's golden.json through the code that training and sampling run. */
export async function checkGolden(folder: string, executor?: Executor): Promise<Section[]> {
  const golden = Golden.parse(JSON.parse(await readFile(join(folder, "golden.json"), "utf8")));
  const setup = await setUp(folder, golden, executor);
  const sections = [...(await forward(setup)), ...(await batches(setup)), ...(await lossAndGradients(setup)), ...(await optimizer(setup))];
  return [...sections, await generation(setup), ...(golden.sampling === undefined ? [] : [sampling(golden.sampling)])];
}

/** Checks an adapter's golden.json: forward, loss, gradients of A and B, AdamW, and a merged weight. */
export async function checkLora(folder: string): Promise<Section[]> {
  const golden = LoraGolden.parse(JSON.parse(await readFile(join(folder, "golden.json"), "utf8")));
  const setup = await setUp(folder, { ...golden, batches: { right: golden.batch } });
  const logits = new Comparison("forward logits");
  for (const { input_ids, logits: expected } of golden.forward) {
    const results = await allLogits(setup.policy, setup.weights, { tokens: Int32Array.from(input_ids), pixels: null });
    logits.all(results.logits, expected.flat(), 1e-4);
  }
  return [logits.result, ...(await lossAndGradients(setup)), ...(await optimizer(setup))];
}

async function setUp<G>(folder: string, golden: G, executor?: Executor): Promise<Setup<G>> {
  const { policy, weights, store } = await openModel(folder, {});
  const copy = () => Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, values.slice()]));
  const engine = () => new EmbeddedEngine(policy, copy(), losses, store, { slots: 8, threads: 1, executor });
  return { folder, golden, policy, weights, executor, engine };
}

type StoredPixels = NonNullable<Golden["batches"]["pixel_values"]>;

/** Pixels as one flat run of tiles or patches, and the shape of one of them. */
async function readPixels(folder: string, { file, shape }: StoredPixels, flat: boolean): Promise<{ data: Float32Array; unit: number[] }> {
  const bytes = await readFile(join(folder, file));
  const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return { data, unit: shape.slice(flat ? -1 : -3) };
}

function pixelsOf(data: Float32Array, unit: number[], grids: PromptPixels["grids"]): PromptPixels {
  const size = sizeOf(unit);
  return { data, shape: [data.length / size, ...unit], grids };
}

function logSoftmax(row: Float32Array, temperature: number): Float64Array {
  const scaled = Float64Array.from(row, (x) => x / temperature);
  const top = Math.max(...scaled);
  const total = Math.log(scaled.reduce((sum, x) => sum + Math.exp(x - top), 0));
  return scaled.map((x) => x - top - total);
}

async function forward(setup: Setup): Promise<Section[]> {
  const { folder, golden, policy } = setup;
  const { model } = policy;
  const logits = new Comparison("forward logits");
  const logprobs = new Comparison("forward logprobs");
  const entropy = new Comparison("forward entropy");
  const features = new Comparison("image features");
  const positions = new Comparison("position ids");
  for (const { sequence, ...expected } of golden.forward) {
    const ids = expected.input_ids ?? golden.sequences![sequence]!.input_ids;
    const grids = expected.image_grid_thw ?? null;
    const stored = expected.pixel_values === undefined ? null : await readPixels(folder, expected.pixel_values, grids !== null);
    const prompt = { tokens: Int32Array.from(ids), pixels: stored === null ? null : pixelsOf(stored.data, stored.unit, grids) };
    const results = await allLogits(policy, setup.weights, prompt, setup.executor);
    logits.all(results.logits, expected.logits.flat(), 1e-4);
    if (expected.image_features !== undefined) features.all(results.features!, expected.image_features.flat(), 1e-4);
    if (expected.position_ids !== undefined) {
      const own = model.positions(prompt);
      positions.all(own.positions, expected.position_ids.flat(), EQUAL);
      positions.near(own.next - ids.length, expected.rope_delta![0]!, EQUAL);
    }
    for (let t = 0; t + 1 < ids.length; t++) {
      const row = results.logits.subarray(t * model.vocab, (t + 1) * model.vocab);
      const plain = logSoftmax(row, 1);
      logprobs.near(plain[ids[t + 1]!]!, expected.logprobs["1.0"][t]!, 1e-4);
      logprobs.near(logSoftmax(row, 0.7)[ids[t + 1]!]!, expected.logprobs["0.7"][t]!, 1.5e-4);
      entropy.near(-plain.reduce((sum, lp) => sum + Math.exp(lp) * lp, 0), expected.entropy[t]!, 1e-4);
    }
  }
  const found = [logits, logprobs, entropy, ...(model.vision === null ? [] : [features]), ...(model.axes === 3 ? [positions] : [])];
  return found.map((c) => c.result);
}

interface GoldenRow {
  tokens: Int32Array;
  pixels: PromptPixels | null;
  /** where the row's first token stands in the padded batch */
  offset: number;
}

async function batchRows({ folder, golden }: Setup<WithBatches>, side: "right" | "left"): Promise<GoldenRow[]> {
  const { images, pixel_values, image_grid_thw: grids } = golden.batches;
  const { input_ids, attention_mask } = golden.batches[side]!;
  const stored = pixel_values === undefined ? null : await readPixels(folder, pixel_values, grids !== undefined);
  let picture = 0;
  let patch = 0;
  return input_ids.map((ids, row) => {
    const offset = attention_mask[row]!.indexOf(1);
    const tokens = Int32Array.from(ids.filter((_, t) => attention_mask[row]![t] === 1));
    const count = images?.[row]?.length ?? 0;
    if (stored === null || count === 0) return { tokens, pixels: null, offset };
    const size = sizeOf(stored.unit);
    if (grids === undefined) {
      // tiles of every row are padded to as many as the longest has
      const start = (row * stored.data.length) / input_ids.length;
      return { tokens, pixels: pixelsOf(stored.data.slice(start, start + count * size), stored.unit, null), offset };
    }
    const own = grids.slice(picture, picture + count);
    const end = own.reduce((sum, [t, h, w]) => sum + t * h * w, patch);
    const pixels = pixelsOf(stored.data.slice(patch * size, end * size), stored.unit, own);
    [picture, patch] = [picture + count, end];
    return { tokens, pixels, offset };
  });
}

/** The row split into a prompt of the given length and a completion behind it. */
function trainRow({ tokens, pixels, offset }: GoldenRow, promptLength: number, weights: (t: number) => number): TrainRow {
  const own = tokens.slice(promptLength);
  const fields = { weights: Float32Array.from(own, (_, t) => weights(offset + promptLength + t)) };
  return { prompt: { tokens: tokens.slice(0, promptLength), pixels }, completions: [{ tokens: own, fields }] };
}

async function batches(setup: Setup): Promise<Section[]> {
  const engine = setup.engine();
  const sections: Section[] = [];
  for (const side of ["right", "left"] as const) {
    const rows = await batchRows(setup, side);
    const lengths = setup.golden.prompt_lengths;
    const train = rows.map((row, i) => trainRow(row, lengths[i]!, () => 0));
    const expected = setup.golden.batches[side];
    const logprobs = new Comparison(`${side} batch logprobs`);
    const entropy = new Comparison(`${side} batch entropy`);
    for (const [temperature, key, tolerance] of [
      [1, "1.0", 1e-4],
      [0.7, "0.7", 1.5e-4],
    ] as const) {
      const actual = await engine.logprobs(train, { temperature, policy: "current" });
      rows.forEach(({ offset }, row) => {
        actual.logprobs[row]![0]!.forEach((value, t) => {
          // entry i of the golden belongs to token i + 1
          const at = offset + lengths[row]! + t - 1;
          logprobs.near(value, expected.logprobs[key][row]![at]!, tolerance);
          if (temperature === 1) entropy.near(actual.entropies[row]![0]![t]!, expected.entropy[row]![at]!, 1e-4);
        });
      });
    }
    sections.push(logprobs.result, entropy.result);
  }
  await engine.close();
  return sections;
}

/** Rows of a golden loss: its weights divided by their count, so that the sum is the golden's mean. */
async function lossRows(setup: Setup<Trained>, weights: number[][]): Promise<TrainRow[]> {
  const count = weights.flat().filter((w) => w !== 0).length;
  const rows = await batchRows(setup, "right");
  return rows.map((row, i) => trainRow(row, setup.golden.prompt_lengths[i]!, (t) => weights[i]![t]! / count));
}

async function lossAndGradients(setup: Setup<Trained>): Promise<Section[]> {
  const loss = new Comparison("loss");
  const norms = new Comparison("gradient norms");
  const entries = new Comparison("gradient entries");
  for (const expected of setup.golden.loss) {
    const engine = setup.engine();
    const spec = { name: "cross_entropy", options: {}, temperature: expected.temperature };
    const result = await engine.forwardBackward(await lossRows(setup, expected.weights), spec);
    loss.near(result.loss, expected.loss, 1e-5 * Math.max(1, Math.abs(expected.loss)));
    const gradients = (await engine.heldGradients())!;
    const whole = expected.gradient_norm;
    for (const [name, golden] of Object.entries(expected.gradients)) {
      const gradient = gradients[name];
      if (gradient === undefined) throw new Error(`no gradient for ${name}`);
      const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
      norms.near(norm, golden.norm, Math.max(1e-4 * golden.norm, 1e-6 * whole));
      const [at, largest] = golden.largest;
      norms.near(gradient[at]!, largest, Math.max(1e-4 * Math.abs(largest), 1e-6 * whole));
      golden.first.forEach((value, i) => {
        entries.near(gradient[i]!, value, 1e-4 * (Math.abs(value) + golden.norm / Math.sqrt(gradient.length)) + 1e-7 * whole);
      });
    }
    await engine.close();
  }
  return [loss, norms, entries].map((c) => c.result);
}

async function optimizer(setup: Setup<Trained>): Promise<Section[]> {
  const { adamw, loss } = setup.golden;
  const losses = new Comparison("AdamW losses");
  const values = new Comparison("AdamW weights");
  const rows = await lossRows(setup, loss[0]!.weights);
  const engine = setup.engine();
  for (let step = 0; step < adamw.losses.length; step++) {
    const result = await engine.forwardBackward(rows, { name: "cross_entropy", options: {}, temperature: 1 });
    losses.near(result.loss, adamw.losses[step]!, 1e-5 * Math.max(1, adamw.losses[step]!));
    const expected = adamw.after_step[step];
    if (expected === undefined) break;
    await engine.optimStep({ ...adamw.options, max_grad_norm: 0 });
    for (const [name, { first, at }] of Object.entries(expected)) {
      const weights = (await engine.parameter(name))!;
      values.all(weights.subarray(0, first.length), first, 2e-6);
      values.near(weights[at[0]]!, at[1], 2e-6);
    }
  }
  await engine.close();
  return [losses.result, values.result];
}

async function generation(setup: Setup): Promise<Section> {
  const { golden, engine: make } = setup;
  const { max_new_tokens, eos_ids, new_ids, lengths, unstopped_new_ids } = golden.generation;
  const comparison = new Comparison("greedy generation");
  const rows = await batchRows(setup, "left");
  const engine = make();
  for (const [stop_ids, expected] of [
    [eos_ids, new_ids.map((ids, i) => ids.slice(0, lengths[i]))],
    [[], unstopped_new_ids],
  ] as const) {
    const sampling = { temperature: 0, top_k: 0, top_p: 1, min_p: 0, max_new_tokens, stop_ids: [...stop_ids], stop_strings: [] };
    const request = { prompts: rows.map(({ tokens, pixels }) => ({ tokens, pixels })), seeds: rows.map(() => [0]), sampling };
    await engine.sample(request, ({ prompt, tokens }) => comparison.all(tokens, expected[prompt]!, EQUAL));
  }
  await engine.close();
  return comparison.result;
}

function sampling(golden: NonNullable<Golden["sampling"]>): Section {
  const comparison = new Comparison("sampling filters");
  const none = { temperature: 1, top_k: 0, top_p: 1, min_p: 0 };
  for (const [name, expected] of Object.entries(golden)) {
    if (Array.isArray(expected)) continue;
    const options = Object.fromEntries(
      [...name.matchAll(/(temperature|top_k|top_p|min_p)_([\d.]+)/g)].map(([, key, value]) => [key, Number(value)]),
    );
    const { ids, weights } = keptTokens(Float32Array.from(golden.logits), { ...none, ...options });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const byId = [...ids].map((id, i) => [id, Math.log(weights[i]! / total)] as const).sort(([a], [b]) => a - b);
    if (expected.kept !== "all")
      comparison.all(
        byId.map(([id]) => id),
        expected.kept,
        EQUAL,
      );
    comparison.all(
      byId.map(([, logprob]) => logprob),
      expected.logprobs,
      1e-4,
    );
  }
  return comparison.result;
}
