import type { Completion, SampleRequest } from "../engine.ts";
import type { DeviceValue, Executor, Feed } from "../executor.ts";
import { CAPACITY_STEP } from "./cache.ts";
import type { Policy } from "./policy.ts";
import { type Beginning, type Held, type HeldPrompts, RemoteCache } from "./remote-cache.ts";
import { deviceUniform, RemotePrefixes } from "./remote-prefixes.ts";
import { roundUp } from "./round-up.ts";
import { type RunDraw, runGraph } from "./run-graph.ts";
import { drawToken, graphTemperature } from "./sampler.ts";
import type { SessionCache } from "./sessions.ts";
import { type Job, Slots } from "./slots.ts";
import type { WeightFeeds } from "./weights.ts";

/** Tokens that a run gives each slot, at most: what comes after a sequence's end is drawn for nothing. */
const MOST_STEPS = 8;
/** Positions by which the angles grow. */
const ANGLES_STEP = 256;

/**
 * Steps of a run, of which whole runs make as many tokens as are wanted after the first, or hardly more: one number for a whole request, as
 * each is a session of its own.
 */
export function stepsPerRun(max_new_tokens: number): number {
  const steps = Math.max(1, max_new_tokens - 1);
  return Math.ceil(steps / Math.ceil(steps / MOST_STEPS));
}

/**
 * Samples a request's completions, as `Generator` does, where the cache cannot be reached from the host. It stays on the device, and so
 * does what tokens are drawn from: a run makes several tokens in every slot, with random numbers that are fed in, and only tokens and
 * logprobs come back. Filters need the host: with them a run is one token, and its logits come back too.
 *
 * The tokens are those of the host's, up to rounding: each takes the same random number by the same rule.
 */
export class RemoteGenerator {
  private readonly prefixes: RemotePrefixes;
  private readonly cache: RemoteCache;
  private readonly slots: Slots;
  private readonly draw: RunDraw;
  private readonly steps: number;
  private readonly longest: number;
  private readonly mostPositions: number;
  private readonly positions: number;
  private tables: Record<string, DeviceValue> = {};

  constructor(
    private readonly policy: Policy,
    private readonly weights: WeightFeeds,
    private readonly sessions: SessionCache,
    private readonly request: SampleRequest,
    maxSlots: number,
    private readonly executor: Executor,
    onCompletion: (completion: Completion) => void,
  ) {
    const { max_new_tokens, temperature } = request.sampling;
    this.draw = { temperature: graphTemperature(request.sampling), greedy: temperature === 0 };
    this.prefixes = new RemotePrefixes(policy, weights, sessions, request, this.draw);
    this.cache = new RemoteCache(policy.model, sessions);
    this.slots = new Slots(request, maxSlots, onCompletion);
    this.steps = this.draw.temperature === null ? 1 : stepsPerRun(max_new_tokens);
    this.longest = request.prompts.reduce((length, { tokens }) => Math.max(length, tokens.length), 0);
    // the last token drawn is never fed back, but the last run may go on beyond it
    this.mostPositions = Math.max(1, this.longest + roundUp(max_new_tokens - 1, this.steps));
    this.positions = roundUp(this.mostPositions, ANGLES_STEP);
  }

  async run(): Promise<void> {
    try {
      await this.refill();
      while (this.slots.active().length > 0) {
        await this.advance();
        await this.refill();
      }
    } finally {
      this.cache.dispose();
      this.prefixes.dispose();
      for (const table of Object.values(this.tables)) table.dispose();
    }
  }

  /** Puts waiting completions into free slots, and gives the cache the size that is needed. */
  private async refill(): Promise<void> {
    const seated = new Map<HeldPrompts, Map<number, Beginning>>();
    await this.slots.refill(async (job: Job, slot: number) => {
      const { pass, row, length, position, first } = await this.prefixes.take(job);
      // the number that the first token took
      this.slots.seat(job, slot, length - position).random.uniform();
      this.slots.push(slot, first);
      if (this.slots.at(slot) === null) return;
      const own = seated.get(pass) ?? new Map<number, Beginning>();
      seated.set(pass, own.set(slot, { row, filled: length }));
    });
    const active = this.slots.active();
    if (active.length > 0) await this.fitCache(active, seated);
    this.prefixes.sweep();
  }

  /** `seated`: slots that begin with a prompt, by the pass that it was computed in. All of one pass are filled at once. */
  private async fitCache(active: readonly number[], seated: ReadonlyMap<HeldPrompts, ReadonlyMap<number, Beginning>>): Promise<void> {
    const { slots, cache } = this;
    const fresh = new Map([...seated.values()].flatMap((own) => [...own]));
    const capacity = this.capacityFor(Math.max(...active.map((slot) => fresh.get(slot)?.filled ?? cache.length(slot))));
    const asTheyWere = () => Array.from({ length: slots.count }, (_, slot) => (slot < cache.slots ? { slot } : null));
    for (const [pass, own] of seated) {
      const sources = asTheyWere().map((source, slot) => own.get(slot) ?? source);
      await cache.arrange(sources, capacity, pass);
    }
    const kept = slots.halve();
    if (kept !== null) {
      const sources = Array.from({ length: slots.count }, (_, i) => (i < kept.length ? { slot: kept[i]! } : null));
      await cache.arrange(sources, capacity, null);
    } else if (capacity > cache.capacity) await cache.arrange(asTheyWere(), capacity, null);
  }

  /** What is enough for a run of a sequence with so many positions; grown by a quarter at least, as each is a session of its own. */
  private capacityFor(longest: number): number {
    const needed = longest + this.steps;
    const { capacity } = this.cache;
    if (needed <= capacity) return capacity;
    const wanted = capacity === 0 ? this.longest + this.steps : Math.max(needed, capacity * 1.25);
    return roundUp(Math.min(wanted, this.mostPositions), CAPACITY_STEP);
  }

  /** A run: some tokens more in every slot that holds a sequence, of which those after its end are nobody's. */
  private async advance(): Promise<void> {
    const { slots, cache, steps, draw } = this;
    const shape = { slots: cache.slots, capacity: cache.capacity, steps, positions: this.positions };
    const session = await this.sessions.get(`run:${JSON.stringify([shape, draw])}`, () => runGraph(this.policy, shape, draw));
    const active = slots.active();
    const { values, staying } = await session.runOn(
      { ...this.weights, ...this.runFeeds(active), ...(await this.angleTables()), ...cache.feeds },
      cache.stay,
    );
    cache.advance(staying as Held, steps, active);
    for (const slot of active) {
      if (draw.temperature === null) this.drawHere(slot, values.next!);
      for (let step = 0; draw.temperature !== null && step < steps && slots.at(slot) !== null; step++) {
        const i = step * slots.count + slot;
        slots.push(slot, { token: values.tokens![i]!, logprob: values.logprobs![i]! });
      }
      if (slots.at(slot) === null) cache.free(slot);
    }
  }

  private drawHere(slot: number, next: Float32Array): void {
    const { vocab } = this.policy.model;
    const { random } = this.slots.at(slot)!;
    this.slots.push(slot, drawToken(next.subarray(slot * vocab, (slot + 1) * vocab), this.request.sampling, random));
  }

  private runFeeds(active: readonly number[]): Record<string, Feed> {
    const { slots, cache, steps } = this;
    const count = slots.count;
    const feeds = {
      ids: new Int32Array(count),
      filled: Float32Array.from({ length: count }, (_, slot) => cache.length(slot)),
      position: new Int32Array(steps * count),
      u: new Float32Array(steps * count),
      rows: cache.rows(steps),
    };
    for (const slot of active) {
      const { tokens, lag, random } = slots.at(slot)!;
      feeds.ids[slot] = tokens.at(-1)!;
      for (let step = 0; step < steps; step++) {
        feeds.position[step * count + slot] = cache.length(slot) - lag + step;
        // a filter's number is drawn on the host
        if (this.draw.temperature !== null) feeds.u[step * count + slot] = deviceUniform(random);
      }
    }
    return feeds;
  }

  /** cos and sin of every position there may be, [positions, d / 2] each, put on the device once. */
  private async angleTables(): Promise<Record<string, DeviceValue>> {
    if (Object.keys(this.tables).length > 0) return this.tables;
    const { model } = this.policy;
    const { cos, sin } = model.angles(Int32Array.from({ length: model.axes * this.positions }, (_, i) => i % this.positions));
    const shape = [this.positions, model.headDim / 2];
    this.tables = { cos_table: await this.executor.upload(cos, shape), sin_table: await this.executor.upload(sin, shape) };
    return this.tables;
  }
}
