import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors } from "../../core/safetensors.ts";
import { writeSafetensors } from "../../core/safetensors-write.ts";
import type {
  Completion,
  Engine,
  EngineInfo,
  ForwardBackwardResult,
  LogprobOptions,
  LogprobResult,
  LossSpec,
  OptimizerStep,
  SampleRequest,
  TrainRow,
} from "../engine.ts";
import type { Executor, Session } from "../executor.ts";
import { isHostFeed } from "../host-value.ts";
import { OnnxExecutor } from "../onnx/executor.ts";
import { type ParameterSpec, parameterCount } from "./architecture.ts";
import { CacheMemory } from "./cache.ts";
import { CRITIC_FILE } from "./critic.ts";
import { DeviceState } from "./device-state.ts";
import { collectGarbage } from "./garbage.ts";
import { Generator } from "./generate.ts";
import { RemoteGenerator } from "./generate-remote.ts";
import { HostState } from "./host-state.ts";
import { type LossDefinition, lossFeeds } from "./loss-inputs.ts";
import { planBatch } from "./packing.ts";
import { noiseSeeds, type Pass, planPasses } from "./pass.ts";
import type { Policy } from "./policy.ts";
import { isLarge, SessionCache } from "./sessions.ts";
import { logprobGraph, lossGraph, valueGraph } from "./train-graph.ts";
import type { Arrays, StepResult, TrainedFeeds, TrainedState } from "./trained-state.ts";
import type { WeightFeeds } from "./weights.ts";

export interface EmbeddedOptions {
  slots: number;
  threads: number;
  /** bits of the parameters that the policy stores in half precision */
  halves?: Readonly<Record<string, Uint16Array>>;
  /** what runs the graphs; ONNX Runtime on the processor where none is given */
  executor?: Executor;
  /** where trained weights, gradients and moments lie between runs; where none is named on the device, if it is one apart that can hold them */
  state?: "host" | "device";
  /** where the cache of sampling lies and tokens are drawn; where none is named on the device, if it is one apart */
  decoding?: "host" | "device";
}

/** The policy that is always there: the model without its adapters. */
const BASE = "base";

/** Where a policy's trained weights are written to and read from: a checkpoint's own files, in the layout that Python reads. */
export interface WeightStore {
  /** whether what is read is, bit for bit, what was written: not so where the files are of half precision */
  exact: boolean;
  write(folder: string, weights: Readonly<Arrays>): Promise<void>;
  /** into arrays of the policy's parameters, which may be left as they are where the files do not hold them (frozen ones) */
  read(folder: string, weights: Arrays): Promise<void>;
}

/** The trained weights in full precision, beside files that are not exact: what resuming goes on from. */
const EXACT_FILE = "weights-float32.safetensors";

/** Metrics and per-token values of one pass, into what is there of the others. */
function addResults(total: ForwardBackwardResult, rows: readonly TrainRow[], places: Pass["places"], results: Arrays): void {
  for (const [output, values] of Object.entries(results)) {
    const [kind, name] = [output.slice(0, output.indexOf(":")), output.slice(output.indexOf(":") + 1)];
    if (kind === "metric") total.metrics[name] = (total.metrics[name] ?? 0) + values[0]!;
    if (kind !== "token") continue;
    total.perToken[name] ??= blankTokens(rows);
    const out = total.perToken[name];
    places.forEach(({ row, member, token }, i) => {
      out[row]![member]![token] = values[i]!;
    });
  }
}

/** [rows][completions] zeros of [T]. */
function blankTokens(rows: readonly TrainRow[]): Float32Array[][] {
  return rows.map((row) => row.completions.map(({ tokens }) => new Float32Array(tokens.length)));
}

/** A snapshot on the host. */
async function arraysOf(feeds: TrainedFeeds): Promise<Arrays> {
  const out: Arrays = {};
  for (const [name, feed] of Object.entries(feeds)) out[name] = isHostFeed(feed) ? (feed as Float32Array) : await feed.read();
  return out;
}

/** Training and sampling in this thread, on an executor. `run` may block the thread, so it is meant to live on one of its own. */
export class EmbeddedEngine implements Engine {
  private readonly executor: Executor;
  private readonly sessions: SessionCache;
  /** of training passes: their values are large beside everything else's, so that no shape keeps what it needed for its next time */
  private readonly passes: SessionCache;
  /** whether memory comes before speed */
  private readonly large: boolean;
  private readonly state: TrainedState;
  private updates = 0;
  /** cache memory that no request is using */
  private readonly idleMemory: CacheMemory[] = [];
  private readonly snapshots = new Map<string, TrainedFeeds>();

  constructor(
    private readonly policy: Policy,
    private readonly weights: Arrays,
    private readonly losses: { get(name: string): LossDefinition },
    private readonly store: WeightStore,
    private readonly options: EmbeddedOptions,
  ) {
    this.large = isLarge(policy.model);
    this.executor = options.executor ?? new OnnxExecutor({ threads: options.threads });
    this.executor.keep([...this.frozen(), ...Object.values(options.halves ?? {})]);
    this.sessions = new SessionCache(this.executor, { lean: this.large });
    this.passes = new SessionCache(this.executor, { lean: true });
    const { state = this.executor.remote && this.executor.holds ? "device" : "host" } = options;
    const State = state === "device" ? DeviceState : HostState;
    this.state = new State(policy.trained, weights, this.executor, this.sessions);
  }

  /** The arrays of what is not trained. */
  private frozen(): Float32Array[] {
    const trained = new Set(this.policy.trained.map(({ name }) => name));
    return Object.entries(this.weights).flatMap(([name, values]) => (trained.has(name) ? [] : [values]));
  }

  async info(): Promise<EngineInfo> {
    return {
      model_type: this.policy.model.modelType,
      parameters: parameterCount(this.policy.parameters),
      trained: parameterCount(this.policy.trained),
      adapters: this.policy.adapters.size,
      executor: this.executor.detail === undefined ? this.executor.name : `${this.executor.name} (${this.executor.detail})`,
      device: this.executor.name,
      rates: this.executor.rates,
      updates: this.updates,
      traffic: this.executor.remote ? { ...this.executor.traffic } : undefined,
      slots: this.options.slots,
    };
  }

  async sample(request: SampleRequest, onCompletion: (completion: Completion) => void): Promise<void> {
    if (request.prompts.length === 0) return;
    const common = [this.policy, await this.weightsOf("current"), this.sessions, request, this.options.slots] as const;
    const { decoding = this.executor.remote ? "device" : "host" } = this.options;
    if (decoding === "device") return new RemoteGenerator(...common, this.executor, onCompletion).run();
    const memory = this.idleMemory.pop() ?? new CacheMemory();
    try {
      await new Generator(...common, memory, onCompletion).run();
    } finally {
      this.idleMemory.push(memory);
    }
  }

  async logprobs(rows: TrainRow[], { temperature, policy, noise_seed }: LogprobOptions): Promise<LogprobResult> {
    const bare = policy === BASE;
    const weights = await this.weightsOf(policy);
    const noisy = noise_seed !== undefined && !bare && this.policy.noise !== null;
    const result: LogprobResult = { logprobs: blankTokens(rows), entropies: blankTokens(rows) };
    for (const pass of planPasses(rows, this.policy.model)) {
      const { shape, feeds, places } = pass;
      const key = `logprobs:${JSON.stringify([shape, bare, noisy])},${temperature}`;
      const session = await this.passes.get(key, () => logprobGraph(this.policy, shape, temperature, { bare, noisy }));
      const noise = noisy ? this.noise(session, rows, pass, noise_seed) : {};
      const { logprobs, entropies } = await session.run({ ...weights, ...feeds, ...noise });
      places.forEach(({ row, member, token }, i) => {
        result.logprobs[row]![member]![token] = logprobs![i]!;
        result.entropies[row]![member]![token] = entropies![i]!;
      });
    }
    return result;
  }

  async forwardBackward(rows: TrainRow[], spec: LossSpec): Promise<ForwardBackwardResult> {
    const loss = this.losses.get(spec.name);
    const total: ForwardBackwardResult = { loss: 0, metrics: {}, perToken: {}, tokens: 0 };
    const { noise_seed = 0, packing = null, ...graphSpec } = spec;
    const weights = await this.weightsOf("current");
    for (const pass of planBatch(rows, this.policy.model, packing)) {
      const key = `loss:${JSON.stringify([pass.shape, graphSpec])}`;
      const session = await this.passes.get(key, () => lossGraph(this.policy, pass.shape, loss, spec.options, spec.temperature));
      const fields = lossFeeds(session.inputNames, rows, pass.places, pass.shape.targets);
      const noise = this.noise(session, rows, pass, noise_seed);
      const results = await this.state.pass(session, { ...weights, ...pass.feeds, ...fields, ...noise });
      total.loss += results.loss![0]!;
      total.tokens += pass.places.length;
      addResults(total, rows, pass.places, results);
    }
    return total;
  }

  async values(rows: TrainRow[]): Promise<Float32Array[][]> {
    const out = blankTokens(rows);
    const weights = await this.weightsOf("current");
    for (const { shape, feeds, places } of planPasses(rows, this.policy.model)) {
      const session = await this.passes.get(`values:${JSON.stringify(shape)}`, () => valueGraph(this.policy, shape));
      const { values } = await session.run({ ...weights, ...feeds });
      places.forEach(({ row, member, token }, i) => {
        out[row]![member]![token] = values![i]!;
      });
    }
    return out;
  }

  async gradientNorms(rows: TrainRow[], spec: LossSpec): Promise<number[]> {
    const norms: number[] = [];
    for (const row of rows) {
      let loss = 0;
      const norm = await this.state.apart(async () => {
        ({ loss } = await this.forwardBackward([row], spec));
      });
      norms.push(Number.isFinite(loss) ? norm : Number.NaN);
    }
    return norms;
  }

  private noise(session: Session, rows: readonly TrainRow[], pass: Pass, seed: number): Arrays {
    if (this.policy.noise === null) return {};
    const { tokens, pictures } = noiseSeeds(rows, pass);
    return this.policy.noise.feeds(session.inputNames, seed, tokens, pictures);
  }

  /** The gradient held since the last optimStep, by parameter; null where there is none. */
  heldGradients(): Promise<Readonly<Arrays> | null> {
    return this.state.gradient();
  }

  /** The current value of a parameter: the engine's own array, or a copy of what the device holds. */
  async parameter(name: string): Promise<Float32Array | undefined> {
    await this.state.fetch();
    return this.weights[name];
  }

  async optimStep(step: OptimizerStep): Promise<StepResult> {
    if (!this.state.holdsGradient) throw new Error("optimStep without a gradient: call forwardBackward first");
    this.updates++;
    const result = await this.state.step(step);
    if (this.large) collectGarbage();
    return result;
  }

  async snapshot(name: string): Promise<void> {
    await this.dropSnapshot(name);
    this.snapshots.set(name, await this.state.snapshot());
  }

  async dropSnapshot(name: string): Promise<void> {
    this.state.drop(this.snapshots.get(name) ?? {});
    this.snapshots.delete(name);
  }

  /** A policy's parameters as they are fed. */
  private async weightsOf(policy: string): Promise<WeightFeeds> {
    const trained = policy === "current" || policy === BASE ? await this.state.feeds() : this.snapshots.get(policy);
    if (trained === undefined) throw new Error(`there is no snapshot "${policy}"`);
    return { ...this.weights, ...this.options.halves, ...trained };
  }

  async saveState(folder: string, { optimizer }: { optimizer: boolean }): Promise<void> {
    await this.state.fetch();
    await this.store.write(folder, this.weights);
    if (!optimizer) return;
    if (!this.store.exact) await this.writeWeights(join(folder, EXACT_FILE), this.policy.trained, this.weights);
    await this.state.save(folder);
    if (this.policy.critic.length > 0) await this.writeWeights(join(folder, CRITIC_FILE), this.policy.critic, this.weights);
    for (const [policy, weights] of this.snapshots)
      await this.writeWeights(join(folder, `snapshot-${policy}.safetensors`), this.policy.trained, await arraysOf(weights));
  }

  async loadState(folder: string, { optimizer }: { optimizer: boolean }): Promise<void> {
    this.executor.forget(Object.values(this.weights));
    await this.store.read(folder, this.weights);
    if (optimizer && !this.store.exact) Object.assign(this.weights, await this.readWeights(join(folder, EXACT_FILE), this.policy.trained));
    if (optimizer && this.policy.critic.length > 0) {
      Object.assign(this.weights, await this.readWeights(join(folder, CRITIC_FILE), this.policy.critic));
    }
    this.executor.keep(this.frozen());
    await this.state.reload();
    if (!optimizer) return;
    await this.state.load(folder);
    for (const policy of [...this.snapshots.keys()]) await this.dropSnapshot(policy);
    for (const file of await readdir(folder)) {
      const policy = /^snapshot-(.+)\.safetensors$/.exec(file)?.[1];
      if (policy === undefined) continue;
      this.snapshots.set(policy, await this.state.hold(await this.readWeights(join(folder, file), this.policy.trained)));
    }
  }

  private async writeWeights(path: string, parameters: readonly ParameterSpec[], weights: Readonly<Arrays>): Promise<void> {
    await writeSafetensors(path, new Map(parameters.map(({ name, shape }) => [name, { shape, data: weights[name]! }])));
  }

  private async readWeights(path: string, parameters: readonly ParameterSpec[]): Promise<Arrays> {
    const file = await readSafetensors(path);
    const out: Arrays = {};
    for (const { name, shape } of parameters) out[name] = await file.read(name, shape);
    return out;
  }

  async resetOptimizer(): Promise<void> {
    await this.state.reset();
  }

  async close(): Promise<void> {
    for (const name of [...this.snapshots.keys()]) await this.dropSnapshot(name);
    await this.state.close();
    await Promise.all([this.sessions.close(), this.passes.close()]);
    await this.executor.close();
  }
}
