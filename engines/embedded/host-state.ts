import type { OptimizerStep } from "../engine.ts";
import type { Executor, Feed, HostFeed, Session } from "../executor.ts";
import { sizeOf } from "../graph/tensor.ts";
import { gradientNorm } from "./adamw.ts";
import type { ParameterSpec } from "./architecture.ts";
import { Optimizer } from "./optimizer.ts";
import type { SessionCache } from "./sessions.ts";
import { type Arrays, gradientOf, type StepResult, type TrainedFeeds, type TrainedState } from "./trained-state.ts";

/** Trained weights as the host's own arrays, which a step changes in place. */
export class HostState implements TrainedState {
  private held: Arrays | null = null;
  private readonly optimizer: Optimizer;

  constructor(
    private readonly parameters: readonly ParameterSpec[],
    private readonly weights: Arrays,
    private readonly executor: Executor,
    private readonly sessions: SessionCache,
  ) {
    this.optimizer = new Optimizer(parameters);
    this.keep();
  }

  private trained(): Arrays {
    return Object.fromEntries(this.parameters.map(({ name }) => [name, this.weights[name]!]));
  }

  private keep(): void {
    this.executor.keep(Object.values(this.trained()));
  }

  async feeds(): Promise<TrainedFeeds> {
    return this.trained();
  }

  async pass(session: Session, feeds: Readonly<Record<string, Feed>>): Promise<Arrays> {
    const results = await session.run(feeds);
    if (this.held === null) {
      this.held = Object.fromEntries(
        this.parameters.map(({ name, shape }) => [name, results[gradientOf(name)] ?? new Float32Array(sizeOf(shape))]),
      );
      return results;
    }
    for (const [name, sum] of Object.entries(this.held)) {
      const more = results[gradientOf(name)];
      if (more !== undefined) for (let i = 0; i < sum.length; i++) sum[i]! += more[i]!;
    }
    return results;
  }

  get holdsGradient(): boolean {
    return this.held !== null;
  }

  async apart(passes: () => Promise<unknown>): Promise<number> {
    const { held } = this;
    this.held = null;
    try {
      await passes();
      return gradientNorm(Object.values(this.held ?? {}));
    } finally {
      this.held = held;
    }
  }

  async step(options: OptimizerStep): Promise<StepResult> {
    const gradients = this.held!;
    this.held = null;
    const result = await this.optimizer.step(this.weights, gradients, options, this.sessions);
    this.keep();
    for (const name of Object.keys(gradients)) delete gradients[name];
    return result;
  }

  async reset(): Promise<void> {
    this.optimizer.reset();
    this.held = null;
  }

  async gradient(): Promise<Readonly<Arrays> | null> {
    return this.held;
  }

  async fetch(): Promise<void> {}

  async reload(): Promise<void> {
    this.keep();
  }

  async snapshot(): Promise<TrainedFeeds> {
    return this.hold(Object.fromEntries(Object.entries(this.trained()).map(([name, values]) => [name, values.slice()])));
  }

  async hold(weights: Arrays): Promise<TrainedFeeds> {
    this.executor.keep(Object.values(weights));
    return weights;
  }

  drop(snapshot: TrainedFeeds): void {
    this.executor.forget(Object.values(snapshot) as HostFeed[]);
  }

  save(folder: string): Promise<void> {
    return this.optimizer.save(folder);
  }

  load(folder: string): Promise<void> {
    return this.optimizer.load(folder);
  }

  async close(): Promise<void> {}
}
