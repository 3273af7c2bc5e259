import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError } from "../../core/errors.ts";
import { readSafetensors, readWeights, type Weights, writeSafetensors } from "../../core/safetensors.ts";
import type {
  Completion,
  Engine,
  EngineInfo,
  ForwardBackwardResult,
  LogprobResult,
  LossSpec,
  OptimizerStep,
  SampleRequest,
  TrainRow,
} from "../engine.ts";
import { sizeOf } from "../graph/tensor.ts";
import { type Architecture, parameterCount } from "./architecture.ts";
import { CacheMemory } from "./cache.ts";
import { Generator } from "./generate.ts";
import { Optimizer } from "./optimizer.ts";
import { fieldFeed, planPasses } from "./pass.ts";
import { SessionCache } from "./sessions.ts";
import { type LossDefinition, logprobGraph, lossGraph } from "./train-graph.ts";

export interface EmbeddedOptions {
  slots: number;
  threads: number;
}

type Arrays = Record<string, Float32Array>;

/** Reads exactly the model's tensors; a missing, extra or wrong-shaped one is named. */
export async function readModelWeights(folder: string, model: Architecture): Promise<Arrays> {
  const weights = await readWeights(folder);
  const wanted = new Set(model.parameters.map(({ name }) => name));
  const missing = [...wanted].filter((name) => !weights.tensors.has(name));
  const extra = [...weights.tensors.keys()].filter((name) => !wanted.has(name));
  if (missing.length > 0 || extra.length > 0) {
    const file = weights.path;
    throw new CheckpointError([
      ...missing.map((name) => ({ place: { file }, field: name, message: "this tensor of the model is missing" })),
      ...extra.map((name) => ({
        place: { file },
        field: name,
        message: "the model has no such tensor",
        cure: "Does config.json belong to these weights?",
      })),
    ]);
  }
  return readParameters(weights, model);
}

async function readParameters(weights: Weights, { parameters }: Architecture): Promise<Arrays> {
  const out: Arrays = {};
  for (const { name, shape } of parameters) out[name] = await weights.read(name, shape);
  return out;
}

/** A model's parameters as the tensors of a file, in the model's order. */
function parameterTensors(weights: Arrays, { parameters }: Architecture): Map<string, { shape: number[]; data: Float32Array }> {
  return new Map(parameters.map(({ name, shape }) => [name, { shape, data: weights[name]! }]));
}

/** Training and sampling in this thread, on ONNX Runtime. `run` blocks the thread, so it is meant to live on one of its own. */
export class EmbeddedEngine implements Engine {
  private readonly sessions: SessionCache;
  private gradients: Arrays | null = null;
  /** buffers the next pass writes its gradients to */
  private spare: Arrays | null = null;
  private readonly optimizer: Optimizer;
  /** cache memory that no request is using */
  private readonly idleMemory: CacheMemory[] = [];
  private readonly snapshots = new Map<string, Arrays>();

  constructor(
    private readonly model: Architecture,
    private weights: Arrays,
    private readonly losses: { get(name: string): LossDefinition },
    private readonly options: EmbeddedOptions,
  ) {
    this.sessions = new SessionCache(options.threads);
    this.optimizer = new Optimizer(model.parameters);
  }

  async info(): Promise<EngineInfo> {
    return {
      model_type: this.model.modelType,
      parameters: parameterCount(this.model),
      executor: "onnx-cpu",
      slots: this.options.slots,
    };
  }

  async sample(request: SampleRequest, onCompletion: (completion: Completion) => void): Promise<void> {
    if (request.prompts.length === 0) return;
    const memory = this.idleMemory.pop() ?? new CacheMemory();
    try {
      await new Generator(this.model, this.weights, this.sessions, request, this.options.slots, memory, onCompletion).run();
    } finally {
      this.idleMemory.push(memory);
    }
  }

  async logprobs(rows: TrainRow[], { temperature, policy }: { temperature: number; policy: string }): Promise<LogprobResult> {
    const weights = this.policy(policy);
    const blank = () => rows.map((row) => row.completions.map((c) => new Float32Array(c.tokens.length)));
    const result: LogprobResult = { logprobs: blank(), entropies: blank() };
    for (const { shape, feeds, places } of planPasses(rows, this.model)) {
      const key = `logprobs:${JSON.stringify(shape)},${temperature}`;
      const session = await this.sessions.get(key, () => logprobGraph(this.model, shape, temperature));
      const { logprobs, entropies } = await session.run({ ...weights, ...feeds });
      places.forEach(({ row, member, token }, i) => {
        result.logprobs[row]![member]![token] = logprobs![i]!;
        result.entropies[row]![member]![token] = entropies![i]!;
      });
    }
    return result;
  }

  async forwardBackward(rows: TrainRow[], spec: LossSpec): Promise<ForwardBackwardResult> {
    const loss = this.losses.get(spec.name);
    const total: ForwardBackwardResult = { loss: 0, metrics: {}, tokens: 0 };
    for (const pass of planPasses(rows, this.model)) {
      const key = `loss:${JSON.stringify([pass.shape, spec])}`;
      const session = await this.sessions.get(key, () => lossGraph(this.model, pass.shape, loss, spec.options, spec.temperature));
      const fields = Object.fromEntries(
        ["weights", ...loss.fields(spec.options)].map((name) => [`field:${name}`, fieldFeed(rows, pass, name)]),
      );
      const results = await session.run({ ...this.weights, ...pass.feeds, ...fields }, this.gradientBuffers());
      this.addGradients(results);
      total.loss += results.loss![0]!;
      total.tokens += pass.places.length;
      for (const [name, value] of Object.entries(results)) {
        if (!name.startsWith("metric:")) continue;
        const metric = name.slice("metric:".length);
        total.metrics[metric] = (total.metrics[metric] ?? 0) + value[0]!;
      }
    }
    return total;
  }

  private gradientBuffers(): Arrays {
    this.spare ??= Object.fromEntries(this.model.parameters.map(({ name, shape }) => [`grad:${name}`, new Float32Array(sizeOf(shape))]));
    return this.spare;
  }

  private addGradients(results: Arrays): void {
    if (this.gradients === null) {
      this.gradients = Object.fromEntries(
        this.model.parameters.map(({ name, shape }) => [name, results[`grad:${name}`] ?? new Float32Array(sizeOf(shape))]),
      );
      this.spare = null;
      return;
    }
    for (const [name, sum] of Object.entries(this.gradients)) {
      const more = results[`grad:${name}`];
      if (more !== undefined) for (let i = 0; i < sum.length; i++) sum[i]! += more[i]!;
    }
  }

  /** The gradient held since the last optimStep, by parameter; null where there is none. */
  heldGradients(): Readonly<Arrays> | null {
    return this.gradients;
  }

  /** The current value of a parameter. */
  parameter(name: string): Float32Array | undefined {
    return this.weights[name];
  }

  async optimStep(step: OptimizerStep): Promise<{ gradNorm: number; skipped: boolean }> {
    const gradients = this.gradients;
    if (gradients === null) throw new Error("optimStep without a gradient: call forwardBackward first");
    this.gradients = null;
    const result = await this.optimizer.step(this.weights, gradients, step, this.sessions);
    this.spare ??= Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [`grad:${name}`, gradient]));
    return result;
  }

  async snapshot(name: string): Promise<void> {
    this.snapshots.set(name, Object.fromEntries(Object.entries(this.weights).map(([key, values]) => [key, values.slice()])));
  }

  async dropSnapshot(name: string): Promise<void> {
    this.snapshots.delete(name);
  }

  private policy(name: string): Arrays {
    const weights = name === "current" ? this.weights : this.snapshots.get(name);
    if (weights === undefined) throw new Error(`there is no snapshot "${name}"`);
    return weights;
  }

  async saveState(folder: string, { optimizer }: { optimizer: boolean }): Promise<void> {
    await writeSafetensors(join(folder, "model.safetensors"), parameterTensors(this.weights, this.model));
    if (!optimizer) return;
    await this.optimizer.save(folder);
    for (const [policy, weights] of this.snapshots) {
      await writeSafetensors(join(folder, `snapshot-${policy}.safetensors`), parameterTensors(weights, this.model));
    }
  }

  async loadState(folder: string, { optimizer }: { optimizer: boolean }): Promise<void> {
    this.weights = await readModelWeights(folder, this.model);
    if (!optimizer) return;
    await this.optimizer.load(folder);
    await this.loadSnapshots(folder);
  }

  private async loadSnapshots(folder: string): Promise<void> {
    this.snapshots.clear();
    for (const file of await readdir(folder)) {
      const policy = /^snapshot-(.+)\.safetensors$/.exec(file)?.[1];
      if (policy === undefined) continue;
      this.snapshots.set(policy, await readParameters(await readSafetensors(join(folder, file)), this.model));
    }
  }

  async resetOptimizer(): Promise<void> {
    this.optimizer.reset();
    this.gradients = null;
  }

  async close(): Promise<void> {
    await this.sessions.close();
  }
}
