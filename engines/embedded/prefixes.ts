import type { EncodedPrompt, SampleRequest } from "../engine.ts";
import type { Array32 } from "../executor.ts";
import type { PictureLayout } from "./architecture.ts";
import type { Prefix } from "./cache.ts";
import { promptGraph } from "./decode-graph.ts";
import { layoutOf, pictureFeeds } from "./pass.ts";
import type { Policy } from "./policy.ts";
import { roundUp } from "./round-up.ts";
import { graphTemperature } from "./sampler.ts";
import type { SessionCache } from "./sessions.ts";
import type { WeightFeeds } from "./weights.ts";

/** Prompts in one prompt pass. */
const PROMPTS_AT_ONCE = 16;
const LENGTH_STEP = 8;

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
    const { prompts, seeds } = this.request;
    const { model } = this.policy;
    const like = prompts[first]!;
    const pictures = layoutOf(like, model);
    const layout = JSON.stringify(pictures);
    const length = roundUp(like.tokens.length, LENGTH_STEP);
    const indices: number[] = [];
    for (let p = first; p < prompts.length && indices.length < PROMPTS_AT_ONCE; p++) {
      const other = prompts[p]!;
      const fits = roundUp(other.tokens.length, LENGTH_STEP) === length && JSON.stringify(layoutOf(other, model)) === layout;
      if (fits && seeds[p]!.length > 0 && !this.held.has(p)) indices.push(p);
    }
    // always the same number of rows, so that a prompt does not feel who its neighbours are
    const rows = Math.min(PROMPTS_AT_ONCE, roundUp(prompts.length, 4));
    const temperature = graphTemperature(this.request.sampling);
    const session = await this.sessions.get(`prompt:${rows},${length},${layout},${temperature}`, () =>
      promptGraph(this.policy, { rows, length, pictures }, temperature),
    );
    const batch = indices.map((p) => prompts[p]!);
    const results = await session.run({ ...this.weights, ...this.feeds(batch, rows, length, pictures) });
    const { kvHeads, headDim, layers, vocab } = model;
    const size = kvHeads * length * headDim;
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

  private feeds(prompts: EncodedPrompt[], rows: number, length: number, pictures: PictureLayout | null): Record<string, Array32> {
    const { model } = this.policy;
    const ids = new Int32Array(rows * length);
    const positions = new Int32Array(model.axes * rows * length);
    const last = new Int32Array(rows);
    prompts.forEach(({ tokens }, row) => {
      ids.set(tokens, row * length);
      const own = model.positions(prompts[row]!).positions;
      for (let axis = 0; axis < model.axes; axis++) {
        positions.set(own.subarray(axis * tokens.length, (axis + 1) * tokens.length), (axis * rows + row) * length);
      }
      last[row] = row * length + tokens.length - 1;
    });
    const seen = pictures === null ? {} : pictureFeeds(prompts, rows, length, pictures, model);
    return { ids, ...model.angles(positions), last_rows: last, ...seen };
  }
}
