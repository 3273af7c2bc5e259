import { setImmediate as nextTurn } from "node:timers/promises";
import type { Example, Scorer } from "../core/types.ts";
import type { Dataset } from "../datasets/define.ts";
import type { Engine, SamplingOptions } from "../engines/engine.ts";
import type { Processor } from "../models/processor.ts";
import { type CollectOptions, collectGroups } from "../rollouts/collect.ts";
import { fromBatch, type StoredRollout } from "../rollouts/schema.ts";
import { wilsonInterval } from "./interval.ts";
import { passAtK } from "./pass-at-k.ts";

export interface EvaluateOptions {
  engine: Pick<Engine, "sample">;
  processor: Pick<Processor, "encodePrompt" | "decode">;
  environment: CollectOptions["environment"];
  scorer: Pick<Scorer, "names" | "score">;
  dataset: Dataset;
  stopIds: readonly number[];
  maxLength: number | null;
  rows: number;
  samples: number;
  sampling: Omit<SamplingOptions, "stop_ids">;
  /** the reward whose score of 1 is an exact answer */
  correct: string;
  seed: number;
  policyVersion: number;
  stage: string;
  step: number;
  onProgress?: (done: number, total: number) => void;
}

/** One evaluation. `accuracy_low` and `accuracy_high` bound a 95 % Wilson interval over the rows' first completions. */
export interface EvalResult {
  n: number;
  accuracy: number;
  accuracy_low: number;
  accuracy_high: number;
  reward: number | null;
  /** mean score of every reward part under its name, of the metrics beside it under theirs, `pass@k`, `mean_length` in tokens */
  [metric: string]: number | null;
}

/** Prompts in one request to the engine. */
const ROWS_AT_ONCE = 250;

/** Mean rewards, accuracy and pass@k on the first `rows` examples of a held-out dataset. */
export async function evaluate(options: EvaluateOptions): Promise<EvalResult> {
  const { dataset, samples, onProgress } = options;
  const total = Math.min(options.rows, dataset.size);
  const tally = new Tally(options.correct, samples);
  for (let start = 0; start < total; start += ROWS_AT_ONCE) {
    const examples: Example[] = [];
    for (let i = start; i < Math.min(total, start + ROWS_AT_ONCE); i++) {
      examples.push(await dataset.at(i));
      await nextTurn();
    }
    const groups = collectGroups({ ...options, examples, groupSize: samples });
    let done = start;
    for await (const batch of groups) {
      tally.add(fromBatch(batch));
      onProgress?.(++done, total);
    }
  }
  return tally.result();
}

class Tally {
  private readonly sums = new Map<string, { sum: number; count: number }>();
  private n = 0;
  private first = 0;
  private pass = 0;

  constructor(
    private readonly correct: string,
    private readonly samples: number,
  ) {}

  /** The rollouts of one prompt. */
  add(group: StoredRollout[]): void {
    const right = group.map(({ parts }) => {
      const outcome = parts.find(({ name }) => name === this.correct)?.outcome;
      return outcome?.kind === "score" && outcome.score === 1;
    });
    this.n++;
    if (right[0]) this.first++;
    this.pass += passAtK(group.length, right.filter(Boolean).length, this.samples);
    for (const { parts, reward, tokens } of group) {
      this.count("mean_length", tokens.length);
      if (reward !== null) this.count("reward", reward);
      for (const { name, outcome } of parts) {
        if (outcome.kind !== "score") {
          this.count(`${name}/${outcome.kind}`, 1);
          continue;
        }
        this.count(name, outcome.score);
        for (const [metric, value] of Object.entries(outcome.metrics ?? {})) this.count(metric, value);
      }
    }
  }

  private count(name: string, value: number): void {
    const entry = this.sums.get(name) ?? { sum: 0, count: 0 };
    this.sums.set(name, { sum: entry.sum + value, count: entry.count + 1 });
  }

  result(): EvalResult {
    const { n } = this;
    const { low, high } = wilsonInterval(this.first, n);
    const means: Record<string, number> = {};
    for (const [name, { sum, count }] of this.sums) {
      // a cause of failure is counted, everything else averaged
      means[name] = /\/(timeout|error|not_applicable)$/.test(name) ? sum : sum / count;
    }
    return {
      n,
      accuracy: n === 0 ? 0 : this.first / n,
      accuracy_low: low,
      accuracy_high: high,
      reward: null,
      ...(this.samples > 1 ? { [`pass@${this.samples}`]: this.pass / n } : {}),
      ...means,
    };
  }
}
