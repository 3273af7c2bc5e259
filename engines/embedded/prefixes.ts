import type { EncodedPrompt, SampleRequest } from "../engine.ts";
import type { Array32 } from "../onnx/session.ts";
import type { Architecture } from "./architecture.ts";
import type { Prefix } from "./cache.ts";
import { promptGraph } from "./decode-graph.ts";
import { pictureFeeds } from "./pass.ts";
import { roundUp } from "./round-up.ts";
import { graphTemperature } from "./sampler.ts";
import type { SessionCache } from "./sessions.ts";

/** Prompts in one prompt pass. */
const PROMPTS_AT_ONCE = 16;
const LENGTH_STEP = 8;

/** What a prompt's completions start from: its keys and values, and what the first token is drawn from, [vocab]. */
export interface PromptResult extends Prefix {
  next: Float32Array;
}

/** Computes each prompt of a request once, several in a pass, and holds it until its last completion has been handed it. */
export class Prefixes {
  private readonly held = new Map<number, { result: PromptResult; left: number }>();

  constructor(
    private readonly model: Architecture,
    private readonly weights: Record<string, Float32Array>,
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
    const like = prompts[first]!;
    const tiles = like.pixels?.shape[0] ?? 0;
    const length = roundUp(like.tokens.length, LENGTH_STEP);
    const indices: number[] = [];
    for (let p = first; p < prompts.length && indices.length < PROMPTS_AT_ONCE; p++) {
      const other = prompts[p]!;
      const fits = roundUp(other.tokens.length, LENGTH_STEP) === length && (other.pixels?.shape[0] ?? 0) === tiles;
      if (fits && seeds[p]!.length > 0 && !this.held.has(p)) indices.push(p);
    }
    // always the same number of rows, so that a prompt does not feel who its neighbours are
    const rows = Math.min(PROMPTS_AT_ONCE, roundUp(prompts.length, 4));
    const temperature = graphTemperature(this.request.sampling);
    const session = await this.sessions.get(`prompt:${rows},${length},${tiles},${temperature}`, () =>
      promptGraph(this.model, { rows, length, tiles: rows * tiles }, temperature),
    );
    const batch = indices.map((p) => prompts[p]!);
    const results = await session.run({ ...this.weights, ...this.feeds(batch, rows, length, tiles) });
    const { kvHeads, headDim, layers, vocab } = this.model;
    const size = kvHeads * length * headDim;
    indices.forEach((p, row) => {
      const part = (name: string) => (_: unknown, layer: number) => results[`${name}:${layer}`]!.subarray(row * size, (row + 1) * size);
      const result: PromptResult = {
        length: prompts[p]!.tokens.length,
        next: results.next!.subarray(row * vocab, (row + 1) * vocab),
        keys: Array.from({ length: layers }, part("keys")),
        values: Array.from({ length: layers }, part("values")),
      };
      this.held.set(p, { result, left: seeds[p]!.length });
    });
  }

  private feeds(prompts: EncodedPrompt[], rows: number, length: number, tiles: number): Record<string, Array32> {
    const ids = new Int32Array(rows * length);
    const positions = Int32Array.from({ length: rows * length }, (_, i) => i % length);
    const last = new Int32Array(rows);
    prompts.forEach(({ tokens }, row) => {
      ids.set(tokens, row * length);
      last[row] = row * length + tokens.length - 1;
    });
    const pictures = tiles === 0 ? {} : pictureFeeds(prompts, rows, length, tiles, this.model);
    return { ids, ...this.model.angles(positions), last_rows: last, ...pictures };
  }
}
