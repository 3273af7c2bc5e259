import type { SampleRequest } from "../engine.ts";
import type { Prefix } from "./cache.ts";
import { promptGraph } from "./decode-graph.ts";
import type { Policy } from "./policy.ts";
import { promptBatch } from "./prompt-batch.ts";
import { graphTemperature } from "./sampler.ts";
import type { SessionCache } from "./sessions.ts";
import type { WeightFeeds } from "./weights.ts";

/** What a prompt's completions start from: its keys and values, and what the first token is drawn from, [vocab]. */
export interface PromptResult extends Prefix {
  /** the position of the first token after the prompt */
  position: number;
  next: Float32Array;
}

/** Computes each prompt of a request once, several in a pass, and holds it until its last completion has been handed it. */
export class Prefixes {
  private readonly held = new Map<number, { result: PromptResult; left: number }>();

  constructor(
    private readonly policy: Policy,
    private readonly weights: WeightFeeds,
    private readonly sessions: SessionCache,
    private readonly request: SampleRequest,
  ) {}

  async take(prompt: number): Promise<PromptResult> {
    if (!this.held.has(prompt)) await this.compute(prompt);
    const entry = this.held.get(prompt)!;
    if (--entry.left === 0) this.held.delete(prompt);
    return entry.result;
  }

  /** The prompt pass for the next prompts of like shape, from the wanted one on. */
  private async compute(first: number): Promise<void> {
    const { prompts, seeds, sampling } = this.request;
    const { model } = this.policy;
    const { indices, shape, key, feeds } = promptBatch(this.request, model, first, (p) => this.held.has(p));
    const temperature = graphTemperature(sampling);
    const session = await this.sessions.get(`prompt:${key},${temperature}`, () => promptGraph(this.policy, shape, temperature));
    const results = await session.run({ ...this.weights, ...feeds });
    const { kvHeads, headDim, layers, vocab } = model;
    const size = kvHeads * shape.length * headDim;
    indices.forEach((p, row) => {
      const part = (name: string) => (_: unknown, layer: number) => results[`${name}:${layer}`]!.subarray(row * size, (row + 1) * size);
      const result: PromptResult = {
        length: prompts[p]!.tokens.length,
        position: model.positions(prompts[p]!).next,
        next: results.next!.subarray(row * vocab, (row + 1) * vocab),
        keys: Array.from({ length: layers }, part("keys")),
        values: Array.from({ length: layers }, part("values")),
      };
      this.held.set(p, { result, left: seeds[p]!.length });
    });
  }
}
