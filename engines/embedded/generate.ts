import type { Completion, SampleRequest } from "../engine.ts";
import type { Feed } from "../executor.ts";
import { windowBias, windowBiasName, windowsWithin } from "./attention.ts";
import { CAPACITY_STEP, type CacheMemory, KeyValueCache } from "./cache.ts";
import { stepGraph } from "./decode-graph.ts";
import type { Policy } from "./policy.ts";
import { Prefixes } from "./prefixes.ts";
import { roundUp } from "./round-up.ts";
import { drawToken, graphTemperature } from "./sampler.ts";
import type { SessionCache } from "./sessions.ts";
import { type Job, Slots } from "./slots.ts";
import type { WeightFeeds } from "./weights.ts";

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
  private readonly prefixes: Prefixes;
  private readonly cache: KeyValueCache;
  private readonly slots: Slots;
  private readonly angles: { cos: Float32Array; sin: Float32Array };
  private buffers: StepBuffers | null = null;

  constructor(
    private readonly policy: Policy,
    private readonly weights: WeightFeeds,
    private readonly sessions: SessionCache,
    private readonly request: SampleRequest,
    maxSlots: number,
    memory: CacheMemory,
    onCompletion: (completion: Completion) => void,
  ) {
    const { model } = policy;
    this.prefixes = new Prefixes(policy, weights, sessions, request);
    this.slots = new Slots(request, maxSlots, onCompletion);
    const longest = request.prompts.reduce((length, { tokens }) => Math.max(length, tokens.length), 0);
    // the last token drawn is never fed back
    const mostPositions = roundUp(Math.max(1, longest + request.sampling.max_new_tokens - 1), 8);
    const capacity = Math.min(roundUp(longest + 1, CAPACITY_STEP), mostPositions);
    this.cache = new KeyValueCache(model, memory, this.slots.count, capacity, mostPositions);
    this.angles = model.angles(Int32Array.from({ length: model.axes * mostPositions }, (_, i) => i % mostPositions));
  }

  async run(): Promise<void> {
    const place = (job: Job, slot: number) => this.place(job, slot);
    await this.slots.refill(place);
    while (this.slots.active().length > 0) {
      await this.step();
      await this.slots.refill(place);
    }
  }

  private async place(job: Job, slot: number): Promise<void> {
    const prefix = await this.prefixes.take(job.prompt);
    this.cache.load(slot, prefix);
    this.slots.seat(job, slot, prefix.length - prefix.position);
    this.draw(slot, prefix.next);
  }

  /** Gives the cache the size that the sequences under way need. */
  private fitCache(): void {
    const kept = this.slots.halve();
    if (kept !== null) {
      this.cache.shrink(this.slots.count, kept);
      this.buffers = null;
    }
    const longest = Math.max(0, ...this.slots.active().map((slot) => this.cache.length(slot)));
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
    const active = this.slots.active();
    for (const slot of active) {
      const { tokens, lag } = this.slots.at(slot)!;
      ids[slot] = tokens.at(-1)!;
      const position = cache.length(slot) - lag;
      (feeds.cos as Float32Array).set(angles.cos.subarray(position * half, (position + 1) * half), slot * half);
      (feeds.sin as Float32Array).set(angles.sin.subarray(position * half, (position + 1) * half), slot * half);
    }
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
    for (const slot of active) {
      cache.append(
        slot,
        (layer) => results[`key:${layer}`]!,
        (layer) => results[`value:${layer}`]!,
      );
      this.draw(slot, results.next!.subarray(slot * model.vocab, (slot + 1) * model.vocab));
    }
  }

  private draw(slot: number, next: Float32Array): void {
    this.slots.push(slot, drawToken(next, this.request.sampling, this.slots.at(slot)!.random));
  }
}
