import { Random } from "../../core/random.ts";
import type { Completion, SampleRequest } from "../engine.ts";
import type { Feed } from "../executor.ts";
import { windowBias, windowBiasName, windowsWithin } from "./attention.ts";
import { type CacheMemory, KeyValueCache } from "./cache.ts";
import { stepGraph } from "./decode-graph.ts";
import type { Policy } from "./policy.ts";
import { Prefixes } from "./prefixes.ts";
import { roundUp } from "./round-up.ts";
import { drawToken, graphTemperature } from "./sampler.ts";
import type { SessionCache } from "./sessions.ts";
import { StopWatcher } from "./stop.ts";
import type { WeightFeeds } from "./weights.ts";

/** Positions by which the cache grows: a new one is a new session, and each step reads all of them. */
export const CAPACITY_STEP = 32;
/** Fewer slots than these are not worth a session of their own. */
const LEAST_SLOTS = 16;

interface Job {
  prompt: number;
  member: number;
}

/** A completion on its way in a slot. */
interface Sequence extends Job {
  random: Random;
  tokens: number[];
  logprobs: number[];
  startedMs: number;
  /** how far the positions of its tokens are behind their number: pictures take up fewer */
  lag: number;
  stop: StopWatcher;
}

/** What a step of one shape reads, made once. */
interface StepBuffers {
  ids: Int32Array;
  feeds: Record<string, Feed>;
}

/**
 * Samples a request's completions in a fixed number of slots. A prompt is computed once and copied to its completions' slots; a slot whose
 * completion has ended is given the next one, and once none wait the slots are halved as they empty. Rows of a step do not mix, so that a
 * completion does not feel who its neighbours are.
 */
export class Generator {
  private readonly started = performance.now();
  private readonly prefixes: Prefixes;
  private readonly cache: KeyValueCache;
  private readonly waiting: Job[];
  private readonly angles: { cos: Float32Array; sin: Float32Array };
  private sequences: (Sequence | null)[];
  private buffers: StepBuffers | null = null;

  constructor(
    private readonly policy: Policy,
    private readonly weights: WeightFeeds,
    private readonly sessions: SessionCache,
    private readonly request: SampleRequest,
    maxSlots: number,
    memory: CacheMemory,
    private readonly onCompletion: (completion: Completion) => void,
  ) {
    const { model } = policy;
    this.prefixes = new Prefixes(policy, weights, sessions, request);
    this.waiting = request.prompts.flatMap((_, prompt) => request.seeds[prompt]!.map((_, member) => ({ prompt, member })));
    const longest = request.prompts.reduce((length, { tokens }) => Math.max(length, tokens.length), 0);
    const slots = Math.min(maxSlots, roundUp(this.waiting.length, 8));
    // the last token drawn is never fed back
    const mostPositions = roundUp(Math.max(1, longest + request.sampling.max_new_tokens - 1), 8);
    this.cache = new KeyValueCache(model, memory, slots, Math.min(roundUp(longest + 1, CAPACITY_STEP), mostPositions), mostPositions);
    this.sequences = new Array<Sequence | null>(slots).fill(null);
    this.angles = model.angles(Int32Array.from({ length: model.axes * mostPositions }, (_, i) => i % mostPositions));
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
    for (let slot = 0; slot < this.sequences.length; slot++) {
      while (this.sequences[slot] === null && this.waiting.length > 0) await this.place(this.waiting.shift()!, slot);
    }
  }

  private async place(job: Job, slot: number): Promise<void> {
    const prefix = await this.prefixes.take(job.prompt);
    this.cache.load(slot, prefix);
    this.sequences[slot] = {
      ...job,
      random: new Random(this.request.seeds[job.prompt]![job.member]!),
      tokens: [],
      logprobs: [],
      startedMs: this.now(),
      lag: prefix.length - prefix.position,
      stop: new StopWatcher(this.request.sampling),
    };
    this.draw(slot, prefix.next);
  }

  /** Gives the cache the size that the sequences under way need. */
  private fitCache(): void {
    const active = [...this.sequences.keys()].filter((slot) => this.sequences[slot] !== null);
    const slots = this.cache.slots / 2;
    if (this.waiting.length === 0 && active.length <= slots && slots >= LEAST_SLOTS && slots % 8 === 0) {
      this.cache.shrink(slots, active);
      this.sequences = Array.from({ length: slots }, (_, i) => (i < active.length ? this.sequences[active[i]!]! : null));
      this.buffers = null;
    }
    const longest = this.sequences.reduce(
      (most, sequence, slot) => (sequence === null ? most : Math.max(most, this.cache.length(slot))),
      0,
    );
    if (longest < this.cache.capacity) return;
    this.cache.grow(this.cache.capacity + CAPACITY_STEP);
    this.buffers = null;
  }

  private stepBuffers(): StepBuffers {
    if (this.buffers !== null) return this.buffers;
    const { cache } = this;
    const { model } = this.policy;
    const { slots, capacity } = cache;
    const ids = new Int32Array(slots);
    const half = model.headDim / 2;
    const feeds: Record<string, Feed> = {
      ...this.weights,
      ids,
      cos: new Float32Array(slots * half),
      sin: new Float32Array(slots * half),
      bias: cache.bias,
    };
    for (const window of windowsWithin(model, capacity)) feeds[windowBiasName(window)] = new Float32Array(slots * capacity);
    for (let layer = 0; layer < model.layers; layer++) {
      feeds[`keys:${layer}`] = cache.keys[layer]!;
      feeds[`values:${layer}`] = cache.values[layer]!;
    }
    this.buffers = { ids, feeds };
    return this.buffers;
  }

  /** One token more in every slot that holds a sequence. */
  private async step(): Promise<void> {
    this.fitCache();
    const { cache, angles } = this;
    const { model } = this.policy;
    const { ids, feeds } = this.stepBuffers();
    const half = model.headDim / 2;
    this.sequences.forEach((sequence, slot) => {
      if (sequence === null) return;
      ids[slot] = sequence.tokens.at(-1)!;
      const position = cache.length(slot) - sequence.lag;
      (feeds.cos as Float32Array).set(angles.cos.subarray(position * half, (position + 1) * half), slot * half);
      (feeds.sin as Float32Array).set(angles.sin.subarray(position * half, (position + 1) * half), slot * half);
    });
    const { slots, capacity } = cache;
    for (const window of windowsWithin(model, capacity)) {
      const bias = feeds[windowBiasName(window)] as Float32Array;
      for (let slot = 0; slot < slots; slot++) {
        const filled = cache.length(slot);
        windowBias(filled, window, filled, bias.subarray(slot * capacity, (slot + 1) * capacity));
      }
    }
    const temperature = graphTemperature(this.request.sampling);
    const session = await this.sessions.get(`step:${slots},${capacity},${temperature}`, () =>
      stepGraph(this.policy, slots, capacity, temperature),
    );
    const results = await session.run(feeds);
    for (let slot = 0; slot < slots; slot++) {
      if (this.sequences[slot] === null) continue;
      cache.append(
        slot,
        (layer) => results[`key:${layer}`]!,
        (layer) => results[`value:${layer}`]!,
      );
      this.draw(slot, results.next!.subarray(slot * model.vocab, (slot + 1) * model.vocab));
    }
  }

  private draw(slot: number, next: Float32Array): void {
    const sequence = this.sequences[slot]!;
    const { sampling } = this.request;
    const { token, logprob } = drawToken(next, sampling, sequence.random);
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
