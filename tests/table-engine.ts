import { lossFeeds, lossTensors, type TargetPlace } from "../engines/embedded/loss-inputs.ts";
import type { Engine, ForwardBackwardResult, LogprobResult, LossSpec, OptimizerStep, TrainRow } from "../engines/engine.ts";
import { add, input } from "../engines/graph/build.ts";
import { differentiate } from "../engines/graph/differentiate.ts";
import { type Tensor, topological } from "../engines/graph/tensor.ts";
import { OnnxSession } from "../engines/onnx/session.ts";
import { runReference } from "../engines/reference/run.ts";
import type { LossDefinition } from "../trainers/losses/define.ts";

export interface TableOptions {
  executor?: "reference" | "onnx";
  /** how many blank targets stand behind the real ones */
  padding?: number;
  /** [token id] other policies by name */
  policies?: Record<string, readonly number[]>;
}

/**
 * An engine whose policy is a table: the logprob and the entropy of each token id. Losses run as they do in the embedded engine, through the
 * same inputs, with the table's entries in place of a model; what is differentiated is the loss with respect to each entry.
 */
export class TableEngine implements Pick<Engine, "logprobs" | "forwardBackward" | "optimStep"> {
  /** [token id] the gradient of the loss since it was last cleared */
  readonly gradient: Float64Array;
  readonly entropyGradient: Float64Array;
  loss = 0;
  updates: OptimizerStep[] = [];
  forwards = 0;

  constructor(
    readonly table: { logprobs: readonly number[]; entropies: readonly number[] },
    private readonly losses: { get(name: string): LossDefinition },
    private readonly options: TableOptions = {},
  ) {
    this.gradient = new Float64Array(table.logprobs.length);
    this.entropyGradient = new Float64Array(table.logprobs.length);
  }

  async logprobs(rows: TrainRow[], { policy }: { temperature: number; policy: string }): Promise<LogprobResult> {
    this.forwards++;
    const logprobs = policy === "current" ? this.table.logprobs : this.options.policies?.[policy];
    if (logprobs === undefined) throw new Error(`there is no policy "${policy}"`);
    const looked = (of: readonly number[]) =>
      rows.map(({ completions }) => completions.map(({ tokens }) => Float32Array.from(tokens, (id) => of[id]!)));
    return { logprobs: looked(logprobs), entropies: looked(this.table.entropies) };
  }

  async forwardBackward(rows: TrainRow[], spec: LossSpec): Promise<ForwardBackwardResult> {
    const places: TargetPlace[] = rows.flatMap(({ completions }, row) =>
      completions.flatMap(({ tokens }, member) => Array.from(tokens, (_, token) => ({ row, member, token }))),
    );
    const ids = places.map(({ row, member, token }) => rows[row]!.completions[member]!.tokens[token]!);
    const count = places.length + (this.options.padding ?? 0);
    const padded = (of: readonly number[]) => Float64Array.from({ length: count }, (_, i) => (i < ids.length ? of[ids[i]!]! : -1));
    const [logprobs, entropies] = [input("logprobs", [count]), input("entropies", [count])];
    const {
      loss,
      metrics,
      tokens = {},
    } = this.losses.get(spec.name).build(
      lossTensors(logprobs, () => entropies),
      spec.options,
    );
    const [gradient, entropyGradient] = differentiate(loss, [logprobs, entropies]);
    const named = (prefix: string, of: Record<string, Tensor>) => Object.entries(of).map(([name, x]) => [prefix + name, x] as const);
    const outputs = Object.fromEntries([...named("metric:", metrics), ...named("token:", tokens)]);
    const results = await this.run({ ...outputs, loss: add(loss, 0), gradient: gradient!, entropyGradient: entropyGradient! }, (names) => ({
      logprobs: padded(this.table.logprobs),
      entropies: padded(this.table.entropies),
      ...lossFeeds(names, rows, places, count),
    }));
    ids.forEach((id, i) => {
      this.gradient[id]! += results.gradient![i]!;
      this.entropyGradient[id]! += results.entropyGradient![i]!;
    });
    this.loss += results.loss![0]!;
    const perToken = Object.fromEntries(
      Object.keys(tokens).map((name) => {
        const out = rows.map(({ completions }) => completions.map((c) => new Float32Array(c.tokens.length)));
        places.forEach(({ row, member, token }, i) => {
          out[row]![member]![token] = results[`token:${name}`]![i]!;
        });
        return [name, out];
      }),
    );
    return {
      loss: results.loss![0]!,
      metrics: Object.fromEntries(Object.keys(metrics).map((name) => [name, results[`metric:${name}`]![0]!])),
      perToken,
      tokens: places.length,
    };
  }

  private async run(
    outputs: Record<string, Tensor>,
    feedsFor: (names: Iterable<string>) => Record<string, Float64Array | Float32Array | Int32Array>,
  ): Promise<Record<string, ArrayLike<number>>> {
    if (this.options.executor !== "onnx") return runReference(outputs, feedsFor(inputsOf(outputs)));
    const session = await OnnxSession.create(outputs, { threads: 1 });
    const feeds = Object.entries(feedsFor(session.inputNames)).map(([name, values]) => [
      name,
      values instanceof Float64Array ? Float32Array.from(values) : values,
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    await session.release();
    return results;
  }

  async optimStep(step: OptimizerStep): Promise<{ gradNorm: number; skipped: boolean }> {
    this.updates.push(step);
    return { gradNorm: Math.hypot(...this.gradient), skipped: false };
  }
}

function inputsOf(outputs: Record<string, Tensor>): string[] {
  return topological(Object.values(outputs))
    .filter(({ op }) => op === "input")
    .map((tensor) => (tensor as Tensor<"input">).attributes.name);
}
