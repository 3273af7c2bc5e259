import { Random } from "../../core/random.ts";
import type { Completion, EncodedPrompt, SampleRequest } from "../engine.ts";
import type { Array32 } from "../onnx/session.ts";
import type { Architecture } from "./architecture.ts";
import { keyBias } from "./attention.ts";
import { promptGraph, stepGraph } from "./decode-graph.ts";
import { pictureFeeds } from "./pass.ts";
import { drawToken } from "./sampler.ts";
import type { SessionCache } from "./sessions.ts";
import { StopWatcher } from "./stop.ts";

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;
/** Prompts in one prompt pass. */
const PROMPTS_AT_ONCE = 16;
const LENGTH_STEP = 8;

/** What a prompt pass leaves: the distribution after the prompt, and its keys and values, [kvHeads, length, d] a layer. */
interface Prefix {
  length: number;
  logits: Float32Array;
  keys: Float32Array[];
  values: Float32Array[];
}

interface Job {
  prompt: number;
  member: number;
}

/** A completion on its way in a slot. */
interface Sequence extends Job {
  random: Random;
  tokens: number[];
  logprobs: number[];
  /** tokens in the cache */
  filled: number;
  startedMs: number;
  stop: StopWatcher;
}

/**
 * Samples a request's completions in a fixed number of slots. A prompt is computed once and copied to its completions' slots; a slot whose
 * completion has ended is given the next one. Every run of the step graph has the same shape, so that a completion does not feel who
 * its neighbours are.
 */
export class Generator {
  private readonly started = performance.now();
  private readonly capacity: number;
  private readonly slots: number;
  private readonly sequences: (Sequence | null)[];
  private readonly caches: { keys: Float32Array; values: Float32Array }[];
  private readonly bias: Float32Array;
  private readonly waiting: Job[];
  private readonly prefixes = new Map<number, { prefix: Prefix; left: number }>();

  constructor(
    private readonly model: Architecture,
    private readonly weights: Record<string, Float32Array>,
    private readonly sessions: SessionCache,
    private readonly request: SampleRequest,
    maxSlots: number,
    private readonly onCompletion: (completion: Completion) => void,
  ) {
    this.waiting = request.prompts.flatMap((_, prompt) => request.seeds[prompt]!.map((_, member) => ({ prompt, member })));
    const longest = request.prompts.reduce((length, { tokens }) => Math.max(length, tokens.length), 0);
    this.slots = Math.min(maxSlots, roundUp(this.waiting.length, 8));
    // the last token drawn is never fed back
    this.capacity = roundUp(Math.max(1, longest + request.sampling.max_new_tokens - 1), LENGTH_STEP);
    this.sequences = new Array<Sequence | null>(this.slots).fill(null);
    this.bias = new Float32Array(this.slots * this.capacity);
    const size = this.slots * model.kvHeads * this.capacity * model.headDim;
    this.caches = Array.from({ length: model.layers }, () => ({ keys: new Float32Array(size), values: new Float32Array(size) }));
  }

  async run(): Promise<void> {
    await this.refill();
    while (this.sequences.some((s) => s !== null)) {
      await this.step();
      await this.refill();
    }
  }

  private now(): number {
    return performance.now() - this.started;
  }

  /** Puts waiting completions into free slots. One that ends with its first token frees the slot at once. */
  private async refill(): Promise<void> {
    for (let slot = 0; slot < this.slots; slot++) {
      while (this.sequences[slot] === null && this.waiting.length > 0) await this.place(this.waiting.shift()!, slot);
    }
  }

  private async place(job: Job, slot: number): Promise<void> {
    if (!this.prefixes.has(job.prompt)) await this.computePrompts(job.prompt);
    const entry = this.prefixes.get(job.prompt)!;
    this.copyPrefix(entry.prefix, slot);
    if (--entry.left === 0) this.prefixes.delete(job.prompt);
    const { sampling, seeds } = this.request;
    this.sequences[slot] = {
      ...job,
      random: new Random(seeds[job.prompt]![job.member]!),
      tokens: [],
      logprobs: [],
      filled: entry.prefix.length,
      startedMs: this.now(),
      stop: new StopWatcher(sampling),
    };
    this.draw(slot, entry.prefix.logits);
  }

  /** The prompt pass for the next prompts that still wait, the wanted one first. */
  private async computePrompts(first: number): Promise<void> {
    const { prompts, seeds } = this.request;
    const like = prompts[first]!;
    const tiles = like.pixels?.shape[0] ?? 0;
    const length = roundUp(like.tokens.length, LENGTH_STEP);
    const indices: number[] = [];
    for (let p = first; p < prompts.length && indices.length < PROMPTS_AT_ONCE; p++) {
      const other = prompts[p]!;
      const fits = roundUp(other.tokens.length, LENGTH_STEP) === length && (other.pixels?.shape[0] ?? 0) === tiles;
      if (fits && seeds[p]!.length > 0 && !this.prefixes.has(p)) indices.push(p);
    }
    // always the same number of rows, so that a prompt does not feel who its neighbours are
    const rows = Math.min(PROMPTS_AT_ONCE, roundUp(prompts.length, 4));
    const session = await this.sessions.get(`prompt:${rows},${length},${tiles}`, () => promptGraph(this.model, rows, length, rows * tiles));
    const results = await session.run({
      ...this.weights,
      ...this.promptFeeds(
        indices.map((p) => prompts[p]!),
        rows,
        length,
        tiles,
      ),
    });
    const { kvHeads, headDim, layers, vocab } = this.model;
    const size = kvHeads * length * headDim;
    indices.forEach((p, row) => {
      const part = (name: string) => (_: unknown, layer: number) => results[`${name}:${layer}`]!.subarray(row * size, (row + 1) * size);
      const prefix: Prefix = {
        length: prompts[p]!.tokens.length,
        logits: results.logits!.subarray(row * vocab, (row + 1) * vocab),
        keys: Array.from({ length: layers }, part("keys")),
        values: Array.from({ length: layers }, part("values")),
      };
      this.prefixes.set(p, { prefix, left: seeds[p]!.length });
    });
  }

  private promptFeeds(prompts: EncodedPrompt[], rows: number, length: number, tiles: number): Record<string, Array32> {
    const ids = new Int32Array(rows * length);
    const positions = Int32Array.from({ length: rows * length }, (_, i) => i % length);
    const last = new Int32Array(rows);
    prompts.forEach(({ tokens }, row) => {
      ids.set(tokens, row * length);
      last[row] = row * length + tokens.length - 1;
    });
    const pictures = tiles === 0 ? {} : pictureFeeds(prompts, rows, length, tiles, this.model);
    return { ids, ...this.model.angles(positions), last_rows: last, ...pictures };
  }

  private copyPrefix(prefix: Prefix, slot: number): void {
    const { kvHeads, headDim } = this.model;
    const used = prefix.length * headDim;
    const padded = (prefix.keys[0]!.length / kvHeads) | 0;
    this.caches.forEach((cache, layer) => {
      for (let head = 0; head < kvHeads; head++) {
        const to = (slot * kvHeads + head) * this.capacity * headDim;
        const from = head * padded;
        cache.keys.set(prefix.keys[layer]!.subarray(from, from + used), to);
        cache.values.set(prefix.values[layer]!.subarray(from, from + used), to);
      }
    });
    keyBias(prefix.length, this.capacity, this.bias.subarray(slot * this.capacity, (slot + 1) * this.capacity));
  }

  /** One token more in every slot that holds a sequence. */
  private async step(): Promise<void> {
    const { model, slots, capacity } = this;
    const ids = new Int32Array(slots);
    const positions = new Int32Array(slots);
    this.sequences.forEach((sequence, slot) => {
      if (sequence === null) return;
      ids[slot] = sequence.tokens.at(-1)!;
      positions[slot] = sequence.filled;
    });
    const feeds: Record<string, Array32> = { ...this.weights, ids, ...model.angles(positions), bias: this.bias };
    this.caches.forEach((cache, layer) => {
      feeds[`keys:${layer}`] = cache.keys;
      feeds[`values:${layer}`] = cache.values;
    });
    const session = await this.sessions.get(`step:${slots},${capacity}`, () => stepGraph(model, slots, capacity));
    const results = await session.run(feeds);
    for (let slot = 0; slot < slots; slot++) {
      const sequence = this.sequences[slot]!;
      if (sequence === null) continue;
      this.remember(slot, sequence, results);
      this.draw(slot, results.logits!.subarray(slot * model.vocab, (slot + 1) * model.vocab));
    }
  }

  /** Writes the new token's keys and values behind the others, in place. */
  private remember(slot: number, sequence: Sequence, results: Record<string, Float32Array>): void {
    const { kvHeads, headDim } = this.model;
    const width = kvHeads * headDim;
    this.caches.forEach((cache, layer) => {
      const [key, value] = [results[`key:${layer}`]!, results[`value:${layer}`]!];
      for (let head = 0; head < kvHeads; head++) {
        const to = ((slot * kvHeads + head) * this.capacity + sequence.filled) * headDim;
        const from = slot * width + head * headDim;
        for (let i = 0; i < headDim; i++) {
          cache.keys[to + i] = key[from + i]!;
          cache.values[to + i] = value[from + i]!;
        }
      }
    });
    this.bias[slot * this.capacity + sequence.filled] = 0;
    sequence.filled++;
  }

  private draw(slot: number, logits: Float32Array): void {
    const sequence = this.sequences[slot]!;
    const { sampling } = this.request;
    const { token, logprob } = drawToken(logits, sampling, sequence.random);
    sequence.tokens.push(token);
    sequence.logprobs.push(logprob);
    const stopped = sequence.stop.ends(token);
    if (!stopped && sequence.tokens.length < sampling.max_new_tokens) return;
    this.sequences[slot] = null;
    this.onCompletion({
      prompt: sequence.prompt,
      member: sequence.member,
      tokens: Int32Array.from(sequence.tokens),
      logprobs: Float32Array.from(sequence.logprobs),
      finish: stopped ? "stop" : "length",
      startedMs: sequence.startedMs,
      finishedMs: this.now(),
    });
  }
}
