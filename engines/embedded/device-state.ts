import type { OptimizerStep } from "../engine.ts";
import type { DeviceValue, Executor, Feed, Session } from "../executor.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { ParameterSpec } from "./architecture.ts";
import { adamwGraph, adamwNumbers, type StepParameter, squaresGraph, sumGraph } from "./device-graphs.ts";
import { CHUNK_VALUES, chunksOf, disposeAll, kind, marks, replace, SharedValues, take, type Values } from "./device-values.ts";
import { clipScale, Optimizer, treatmentOf } from "./optimizer.ts";
import { SessionCache } from "./sessions.ts";
import { type Arrays, gradientOf, type StepResult, type TrainedFeeds, type TrainedState } from "./trained-state.ts";

/** What AdamW remembers. It is on the device, or in the optimizer's history on the host, never in both. */
const MOMENTS = ["first", "second"] as const;

/** A graph of all of a large model's parameters, for every kind that an update has. */
const GRAPHS_KEPT = 1024;

/**
 * Trained weights, gradients and moments that stay on the executor's device. A step of AdamW is graphs there, one for every 64 MB, and what
 * comes back is the gradient's norm, a number of each. Muon and Adafactor step on the host: gradients come, weights go, once a step. The host's arrays are brought up to date when asked for.
 */
export class DeviceState implements TrainedState {
  private weights: Values | null = null;
  private held: Values | null = null;
  private first: Values = {};
  private second: Values = {};
  /** whether the host's arrays are the weights of now */
  private fetched = true;
  private readonly optimizer: Optimizer;
  private readonly chunks: ParameterSpec[][];
  private readonly graphs: SessionCache;
  private readonly gradients: ReadonlySet<string>;
  /** weights of now and of snapshots */
  private readonly shared = new SharedValues();

  constructor(
    private readonly parameters: readonly ParameterSpec[],
    private readonly host: Arrays,
    private readonly executor: Executor,
    private readonly sessions: SessionCache,
    chunkValues = CHUNK_VALUES,
  ) {
    this.optimizer = new Optimizer(parameters);
    this.chunks = chunksOf(parameters, chunkValues);
    this.graphs = new SessionCache(executor, { lean: true }, GRAPHS_KEPT);
    this.gradients = new Set(parameters.map(({ name }) => gradientOf(name)));
  }

  async feeds(): Promise<TrainedFeeds> {
    return this.current();
  }

  private async current(): Promise<Values> {
    this.weights ??= await this.hold(this.host);
    return this.weights;
  }

  async pass(session: Session, feeds: Readonly<Record<string, Feed>>): Promise<Arrays> {
    const { values, staying } = await session.runOn(feeds, this.gradients);
    const more: Values = {};
    for (const { name } of this.parameters) {
      const value = staying[gradientOf(name)];
      if (value !== undefined) more[name] = value;
    }
    if (this.held === null) this.held = more;
    else await this.add(this.held, more);
    return values as Arrays;
  }

  /** Gradients of another pass to those that are held. One that has none of a parameter has zeros. */
  private async add(held: Values, more: Values): Promise<void> {
    for (const [i, chunk] of this.chunks.entries()) {
      for (const { name } of chunk) if (held[name] === undefined && more[name] !== undefined) take(held, more, name);
      const both = chunk.filter(({ name }) => more[name] !== undefined);
      if (both.length === 0) continue;
      const session = await this.graphs.get(`sum:${i}:${marks(chunk, both)}`, () => sumGraph(both));
      const feeds = { ...kind("held", held, both), ...kind("more", more, both) };
      const { staying } = await session.runOn(feeds, new Set(both.map(({ name }) => `sum:${name}`)));
      for (const { name } of both) {
        held[name]!.dispose();
        more[name]!.dispose();
        held[name] = staying[`sum:${name}`]!;
      }
    }
  }

  get holdsGradient(): boolean {
    return this.held !== null;
  }

  async apart(passes: () => Promise<unknown>): Promise<number> {
    const { held } = this;
    this.held = null;
    try {
      await passes();
      return await this.norm(this.held ?? {});
    } finally {
      disposeAll(this.held ?? {});
      this.held = held;
    }
  }

  private async norm(gradients: Values): Promise<number> {
    let total = 0;
    for (const [i, chunk] of this.chunks.entries()) {
      const given = chunk.filter(({ name }) => gradients[name] !== undefined);
      if (given.length === 0) continue;
      const session = await this.graphs.get(`squares:${i}:${marks(chunk, given)}`, () => squaresGraph(given));
      total += (await session.run(kind("grad", gradients, given))).squares![0]!;
    }
    return Math.sqrt(total);
  }

  async step(options: OptimizerStep): Promise<StepResult> {
    const gradients = this.held!;
    this.held = null;
    try {
      const gradNorm = await this.norm(gradients);
      if (!Number.isFinite(gradNorm)) return { gradNorm, skipped: true };
      if (options.muon || options.adafactor) return await this.hostStep(gradients, options);
      await this.adamw(gradients, options, clipScale(options, gradNorm));
      return { gradNorm, skipped: false };
    } finally {
      disposeAll(gradients);
    }
  }

  /** Each chunk's new values take the old ones' place before the next: a device that fails in the middle has taken half a step. */
  private async adamw(gradients: Values, options: OptimizerStep, scale: number): Promise<void> {
    const weights = await this.current();
    const step = ++this.optimizer.steps;
    this.fetched = false;
    for (const [i, chunk] of this.chunks.entries()) {
      const parameters: StepParameter[] = chunk
        .map((spec) => ({ spec, given: gradients[spec.name] !== undefined, ...treatmentOf(spec.name, options) }))
        .filter(({ factor }) => factor !== 0);
      if (parameters.length === 0) continue;
      const specs = parameters.map(({ spec }) => spec);
      const given = parameters.filter(({ given }) => given).map(({ spec }) => spec);
      await this.ownMoments(specs);
      const key = `adamw:${i}:${marks(chunk, specs)}:${marks(chunk, given)}`;
      const session = await this.graphs.get(key, () => adamwGraph(parameters));
      const feeds = {
        ...kind("weight", weights, specs),
        ...kind("first", this.first, specs),
        ...kind("second", this.second, specs),
        ...kind("grad", gradients, given),
        ...adamwNumbers(parameters, options, step, scale),
      };
      const stay = new Set(specs.flatMap(({ name }) => [`next-weight:${name}`, `next-first:${name}`, `next-second:${name}`]));
      const { staying } = await session.runOn(feeds, stay);
      for (const { name } of specs) {
        this.shared.release(weights[name]!);
        weights[name] = this.shared.retain(staying[`next-weight:${name}`]!);
        replace(this.first, name, staying[`next-first:${name}`]!);
        replace(this.second, name, staying[`next-second:${name}`]!);
        gradients[name]?.dispose();
      }
    }
  }

  private async hostStep(gradients: Values, options: OptimizerStep): Promise<StepResult> {
    const read = await this.readGradients(gradients);
    await this.fetch();
    await this.readMoments();
    this.forgetMoments();
    const result = await this.optimizer.step(this.host, read, options, this.sessions);
    if (!result.skipped) await this.reload();
    return result;
  }

  /** Moments of these parameters on the device: from the host where it has them, from 0 where nobody has. */
  private async ownMoments(specs: readonly ParameterSpec[]): Promise<void> {
    for (const { name, shape } of specs) {
      for (const moment of MOMENTS) {
        const known = this.optimizer.history[moment][name];
        this[moment][name] ??= await this.executor.upload(known ?? new Float32Array(sizeOf(shape)), shape);
        delete this.optimizer.history[moment][name];
      }
    }
  }

  private async readMoments(): Promise<void> {
    for (const moment of MOMENTS) {
      for (const [name, value] of Object.entries(this[moment])) this.optimizer.history[moment][name] = await value.read();
    }
  }

  async reset(): Promise<void> {
    this.optimizer.reset();
    this.forgetMoments();
    disposeAll(this.held ?? {});
    this.held = null;
  }

  private forgetMoments(): void {
    for (const values of [this.first, this.second]) disposeAll(values);
    [this.first, this.second] = [{}, {}];
  }

  async gradient(): Promise<Readonly<Arrays> | null> {
    return this.held === null ? null : this.readGradients(this.held);
  }

  /** On the host, zeros for parameters that have none. */
  private async readGradients(gradients: Values): Promise<Arrays> {
    const out: Arrays = {};
    for (const { name, shape } of this.parameters) out[name] = (await gradients[name]?.read()) ?? new Float32Array(sizeOf(shape));
    return out;
  }

  async fetch(): Promise<void> {
    if (this.fetched) return;
    for (const [name, value] of Object.entries(await this.current())) this.host[name]!.set(await value.read());
    this.fetched = true;
  }

  async reload(): Promise<void> {
    const old = this.weights;
    this.weights = null;
    if (old !== null) this.drop(old);
    this.fetched = true;
  }

  async snapshot(): Promise<TrainedFeeds> {
    const now = await this.current();
    for (const value of Object.values(now)) this.shared.retain(value);
    return { ...now };
  }

  async hold(weights: Arrays): Promise<Values> {
    const out: Values = {};
    for (const { name, shape } of this.parameters) out[name] = this.shared.retain(await this.executor.upload(weights[name]!, shape));
    return out;
  }

  drop(snapshot: TrainedFeeds): void {
    for (const value of Object.values(snapshot)) this.shared.release(value as DeviceValue);
  }

  async save(folder: string): Promise<void> {
    await this.readMoments();
    await this.optimizer.save(folder);
    for (const moment of MOMENTS) {
      for (const name of Object.keys(this[moment])) delete this.optimizer.history[moment][name];
    }
  }

  async load(folder: string): Promise<void> {
    this.forgetMoments();
    await this.optimizer.load(folder);
  }

  async close(): Promise<void> {
    await this.reset();
    if (this.weights !== null) this.drop(this.weights);
    this.weights = null;
    await this.graphs.close();
  }
}
