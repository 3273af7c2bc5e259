import { groupBy } from "../../core/group-by.ts";
import type { EncodedPrompt, TrainRow } from "../engine.ts";
import type { Array32 } from "../executor.ts";
import { sizeOf } from "../graph/tensor.ts";
import { noiseSeed } from "./adapter.ts";
import type { Architecture, PictureLayout } from "./architecture.ts";
import { keyBias, windowBias, windowBiasName, windowsWithin } from "./attention.ts";
import type { TargetPlace } from "./loss-inputs.ts";
import { roundUp } from "./round-up.ts";
import type { PassShape } from "./train-graph.ts";

/** Rows that run together, and where each target of theirs came from. */
export interface Pass {
  shape: PassShape;
  feeds: Record<string, Array32>;
  /** for every target in order: row, completion and token in the caller's rows */
  places: TargetPlace[];
  /** for every token of the pass: the caller's row (-1 where padded), its completion (-1 for the prompt) and the place in it */
  tokens: { row: Int32Array; member: Int32Array; token: Int32Array };
}

/** Lengths and counts are rounded so that few different shapes, and so few sessions, occur. */
const PROMPT_STEP = 4;
const COMPLETION_STEP = 8;
/** a few rows are not filled up: each may be hundreds of tokens */
const ROW_STEP = 4;
/** Tokens of one pass, unless a single row has more: past the caches of the processor a larger pass gains nothing. */
export const PASS_TOKENS = 2560;

/** Rows of a full pass: a power of two that fits. */
export function rowsPerPass(tokensOfRow: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(PASS_TOKENS / tokensOfRow)));
}

/** Rows that a pass of `given` rows is filled up to. */
export function rowsInPass(given: number, most: number): number {
  return given <= ROW_STEP ? given : Math.min(most, roundUp(given, ROW_STEP));
}

/** Targets are padded to quarters of what the shape could hold. */
export function roundTargets(count: number, most: number): number {
  const step = Math.ceil(most / 4);
  return Math.max(1, Math.ceil(count / step)) * step;
}

function lengthsOf({ prompt, completions }: TrainRow) {
  const longest = Math.max(...completions.map((c) => c.tokens.length));
  // a completion's last token predicts nothing and need not be computed
  return { prompt: roundUp(prompt.tokens.length, PROMPT_STEP), completion: roundUp(Math.max(1, longest - 1), COMPLETION_STEP) };
}

/** What a prompt's pictures look like, or null where it has none. */
export function layoutOf({ pixels }: EncodedPrompt, model: Architecture): PictureLayout | null {
  if (pixels === null) return null;
  if (model.vision === null) throw new Error(`a ${model.modelType} model takes no pictures`);
  return model.vision.layout(pixels);
}

/**
 * Splits rows into passes of like shape, in an order that depends on the rows alone. Sums over passes do not depend on the split, since a
 * loss is a sum over tokens that the caller has weighted.
 */
export function planPasses(rows: readonly TrainRow[], model: Architecture): Pass[] {
  const buckets = groupBy(rows.keys(), (i) => {
    const row = rows[i]!;
    const { prompt, completion } = lengthsOf(row);
    return [prompt, completion, row.completions.length, JSON.stringify(layoutOf(row.prompt, model))].join();
  });
  return [...buckets.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, indices]) => {
      const first = rows[indices[0]!]!;
      const { prompt, completion } = lengthsOf(first);
      const size = rowsPerPass(prompt + first.completions.length * completion);
      const passes = Math.ceil(indices.length / size);
      return Array.from({ length: passes }, (_, i) => fillPass(rows, indices.slice(i * size, (i + 1) * size), size, model));
    });
}

function fillPass(rows: readonly TrainRow[], indices: number[], most: number, model: Architecture): Pass {
  const first = rows[indices[0]!]!;
  const { prompt, completion } = lengthsOf(first);
  const members = first.completions.length;
  const count = rowsInPass(indices.length, most);
  const promptTokens = count * prompt;
  const tokens = promptTokens + count * members * completion;
  const pictures = layoutOf(first.prompt, model);
  const prompts = indices.map((i) => rows[i]!.prompt);

  const ids = new Int32Array(tokens);
  const positions = new Int32Array(model.axes * tokens);
  const bias = new Float32Array(promptTokens);
  const whose = { row: new Int32Array(tokens).fill(-1), member: new Int32Array(tokens).fill(-1), token: new Int32Array(tokens) };
  const places: Pass["places"] = [];
  const predicting: number[] = [];
  const targets: number[] = [];
  let full = true;
  indices.forEach((index, r) => {
    const row = rows[index]!;
    const length = row.prompt.tokens.length;
    ids.set(row.prompt.tokens, r * prompt);
    keyBias(length, prompt, bias.subarray(r * prompt, (r + 1) * prompt));
    full &&= length === prompt;
    const { positions: own, next } = model.positions(row.prompt);
    for (let axis = 0; axis < model.axes; axis++) {
      positions.set(own.subarray(axis * length, (axis + 1) * length), axis * tokens + r * prompt);
      for (let m = 0; m < members; m++) {
        const start = axis * tokens + promptTokens + (r * members + m) * completion;
        for (let t = 0; t < completion; t++) positions[start + t] = next + t;
      }
    }
    for (let t = 0; t < length; t++) {
      whose.row[r * prompt + t] = index;
      whose.token[r * prompt + t] = t;
    }
    row.completions.forEach(({ tokens: own }, m) => {
      const start = promptTokens + (r * members + m) * completion;
      ids.set(own.subarray(0, Math.min(own.length, completion)), start);
      for (let t = 0; t < completion; t++) {
        whose.row[start + t] = index;
        whose.member[start + t] = m;
        whose.token[start + t] = t;
      }
      own.forEach((id, t) => {
        places.push({ row: index, member: m, token: t });
        predicting.push(t === 0 ? r * prompt + length - 1 : start + t - 1);
        targets.push(id);
      });
    });
  });
  const shape: PassShape = {
    rows: count,
    prompt,
    members,
    completion,
    pictures,
    targets: roundTargets(places.length, count * members * (completion + 1)),
    full,
    packed: false,
  };
  const padded = (values: number[]) => {
    const out = new Int32Array(shape.targets);
    out.set(values);
    return out;
  };
  const feeds: Pass["feeds"] = { ids, ...model.angles(positions), predicting_rows: padded(predicting), targets: padded(targets) };
  if (!full) feeds.prompt_bias = bias;
  for (const window of windowsWithin(model, prompt + completion))
    feeds[windowBiasName(window)] = promptWindow(prompts, count, shape, window);
  if (pictures !== null) Object.assign(feeds, pictureFeeds(prompts, count, prompt, pictures, model));
  return { shape, feeds, places, tokens: whose };
}

/** What hides the parts of prompts that completions' tokens are too far from, and padding: [rows, completion, prompt]. */
function promptWindow(prompts: EncodedPrompt[], count: number, { prompt, completion }: PassShape, window: number): Float32Array {
  const out = new Float32Array(count * completion * prompt);
  prompts.forEach(({ tokens }, r) => {
    for (let t = 0; t < completion; t++) {
      const start = (r * completion + t) * prompt;
      windowBias(tokens.length + t, window, tokens.length, out.subarray(start, start + prompt));
    }
  });
  return out;
}

/** Pixels of all prompts, and the rows of the prompts' placeholders. Prompts lie `length` tokens apart; unused ones stay blank. */
export function pictureFeeds(
  prompts: EncodedPrompt[],
  count: number,
  length: number,
  { shape, features }: PictureLayout,
  model: Architecture,
): { pixels: Float32Array; image_rows: Int32Array } {
  const { placeholderId } = model.vision!;
  const size = sizeOf(shape);
  const pixels = new Float32Array(count * size);
  const rows = new Int32Array(count * features);
  for (let p = 0; p < count; p++) {
    const prompt = prompts[p];
    if (prompt === undefined) {
      // a blank prompt's features go to its own first rows, which nobody reads
      for (let i = 0; i < features; i++) rows[p * features + i] = p * length + (i % length);
      continue;
    }
    pixels.set(prompt.pixels!.data, p * size);
    let found = 0;
    prompt.tokens.forEach((id, t) => {
      if (id === placeholderId) rows[p * features + found++] = p * length + t;
    });
    if (found !== features) throw new Error(`a prompt has ${found} picture placeholders, its pictures give ${features} features`);
  }
  return { pixels, image_rows: rows };
}

/** Numbers that say whose each token of the pass is, and each prompt's pictures: they do not depend on who else is in the pass. */
export function noiseSeeds(rows: readonly TrainRow[], { tokens, shape }: Pass): { tokens: number[]; pictures: number[] } {
  const seedOf = (row: number) => (row < 0 ? 0 : (rows[row]!.noise_seed ?? row));
  return {
    tokens: Array.from(tokens.row, (row, i) => noiseSeed(noiseSeed(seedOf(row), tokens.member[i]! + 1), tokens.token[i]!)),
    pictures: Array.from({ length: shape.rows }, (_, r) => seedOf(tokens.row[r * shape.prompt]!)),
  };
}
