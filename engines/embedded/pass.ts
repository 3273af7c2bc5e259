import { groupBy } from "../../core/group-by.ts";
import type { EncodedPrompt, TrainRow } from "../engine.ts";
import type { Array32 } from "../onnx/session.ts";
import type { Architecture } from "./architecture.ts";
import { keyBias } from "./attention.ts";
import { roundUp } from "./round-up.ts";
import type { PassShape } from "./train-graph.ts";

/** Rows that run together, and where each target of theirs came from. */
export interface Pass {
  shape: PassShape;
  feeds: Record<string, Array32>;
  /** for every target in order: row, completion and token in the caller's rows */
  places: { row: number; member: number; token: number }[];
}

/** Lengths and counts are rounded so that few different shapes, and so few sessions, occur. */
const PROMPT_STEP = 4;
const COMPLETION_STEP = 8;
const ROW_STEP = 4;
/** Tokens of one pass, unless a single row has more: past the caches of the processor a larger pass gains nothing. */
const PASS_TOKENS = 2560;

/** Rows of a full pass: a power of two that fits. */
function rowsPerPass(tokensOfRow: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(PASS_TOKENS / tokensOfRow)));
}

/** Targets are padded to quarters of what the shape could hold. */
function roundTargets(count: number, most: number): number {
  const step = Math.ceil(most / 4);
  return Math.max(1, Math.ceil(count / step)) * step;
}

function lengthsOf({ prompt, completions }: TrainRow) {
  const longest = Math.max(...completions.map((c) => c.tokens.length));
  // a completion's last token predicts nothing and need not be computed
  return { prompt: roundUp(prompt.tokens.length, PROMPT_STEP), completion: roundUp(Math.max(1, longest - 1), COMPLETION_STEP) };
}

function tilesOf(prompt: EncodedPrompt): number {
  return prompt.pixels?.shape[0] ?? 0;
}

/**
 * Splits rows into passes of like shape, in an order that depends on the rows alone. Sums over passes do not depend on the split, since a
 * loss is a sum over tokens that the caller has weighted.
 */
export function planPasses(rows: readonly TrainRow[], model: Architecture): Pass[] {
  const buckets = groupBy(rows.keys(), (i) => {
    const row = rows[i]!;
    const { prompt, completion } = lengthsOf(row);
    return [prompt, completion, row.completions.length, tilesOf(row.prompt)].join();
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
  const tiles = tilesOf(first.prompt);
  const count = Math.min(most, roundUp(indices.length, ROW_STEP));
  const promptTokens = count * prompt;
  const tokens = promptTokens + count * members * completion;

  const ids = new Int32Array(tokens);
  const positions = new Int32Array(tokens);
  const bias = new Float32Array(count * prompt);
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
    for (let t = 0; t < prompt; t++) positions[r * prompt + t] = t;
    row.completions.forEach(({ tokens: own }, m) => {
      const start = promptTokens + (r * members + m) * completion;
      ids.set(own.subarray(0, Math.min(own.length, completion)), start);
      for (let t = 0; t < completion; t++) positions[start + t] = length + t;
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
    tiles: count * tiles,
    targets: roundTargets(places.length, count * members * (completion + 1)),
    full,
  };
  const padded = (values: number[]) => {
    const out = new Int32Array(shape.targets);
    out.set(values);
    return out;
  };
  const feeds: Pass["feeds"] = { ids, ...model.angles(positions), predicting_rows: padded(predicting), targets: padded(targets) };
  if (!full) feeds.prompt_bias = bias;
  if (shape.tiles > 0)
    Object.assign(
      feeds,
      pictureFeeds(
        indices.map((i) => rows[i]!.prompt),
        count,
        prompt,
        tiles,
        model,
      ),
    );
  return { shape, feeds, places };
}

/** Pixels of all prompts' tiles, and the rows of the prompts' placeholders. Prompts lie `length` tokens apart; unused ones stay blank. */
export function pictureFeeds(prompts: EncodedPrompt[], count: number, length: number, tilesEach: number, model: Architecture) {
  const { placeholderId, tokensPerTile, tile } = model.vision!;
  const tileSize = tile[0] * tile[1] * tile[2];
  const pixels = new Float32Array(count * tilesEach * tileSize);
  const rows = new Int32Array(count * tilesEach * tokensPerTile);
  const perPrompt = tilesEach * tokensPerTile;
  for (let p = 0; p < count; p++) {
    const prompt = prompts[p];
    if (prompt === undefined) {
      // a blank prompt's features go to its own first rows, which nobody reads
      for (let i = 0; i < perPrompt; i++) rows[p * perPrompt + i] = p * length + (i % length);
      continue;
    }
    pixels.set(prompt.pixels!.data, p * tilesEach * tileSize);
    let found = 0;
    prompt.tokens.forEach((id, t) => {
      if (id === placeholderId) rows[p * perPrompt + found++] = p * length + t;
    });
    if (found !== perPrompt)
      throw new Error(`a prompt has ${found} picture placeholders, its ${tilesEach} tiles give ${perPrompt} features`);
  }
  return { pixels, image_rows: rows };
}

/** One field of every target's completion, in target order, zero where padded. */
export function fieldFeed(rows: readonly TrainRow[], { places, shape }: Pass, name: string): Float32Array {
  const out = new Float32Array(shape.targets);
  places.forEach(({ row, member, token }, i) => {
    const values = rows[row]!.completions[member]!.fields[name];
    if (values === undefined) throw new Error(`the loss reads "${name}", which a completion lacks`);
    out[i] = values[token]!;
  });
  return out;
}
