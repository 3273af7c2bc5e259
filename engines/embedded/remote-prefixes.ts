import { Random } from "../../core/random.ts";
import type { SampleRequest } from "../engine.ts";
import type { DeviceValue } from "../executor.ts";
import { pad } from "../graph/build.ts";
import { CAPACITY_STEP } from "./cache.ts";
import { promptGraph } from "./decode-graph.ts";
import type { Policy } from "./policy.ts";
import { promptBatch } from "./prompt-batch.ts";
import { disposeAll, type Held, type HeldPrompts } from "./remote-cache.ts";
import { roundUp } from "./round-up.ts";
import { cacheNames, firstTokensGraph, type RunDraw } from "./run-graph.ts";
import { type Drawn, drawToken } from "./sampler.ts";
import type { SessionCache } from "./sessions.ts";
import type { Job } from "./slots.ts";
import type { WeightFeeds } from "./weights.ts";

/** First tokens that are drawn at once, and of how many a last few are made. */
const DRAWN_AT_ONCE = 64;
const DRAWN_STEP = 16;

/** A prompt pass that some completions have yet to start from. */
interface Pass extends HeldPrompts {
  left: number;
}

/** What a completion starts from. */
export interface RemotePrefix {
  pass: HeldPrompts;
  row: number;
  length: number;
  /** the position of the first token after the prompt */
  position: number;
  /** the completion's first token, for which its first random number was used */
  first: Drawn;
}

/** Computes each prompt of a request once, several in a pass, draws the first tokens of their completions, and leaves the rest on the device. */
export class RemotePrefixes {
  private readonly passes = new Set<Pass>();
  private readonly known = new Map<number, { pass: Pass; row: number; first: Drawn[] }>();

  constructor(
    private readonly policy: Policy,
    private readonly weights: WeightFeeds,
    private readonly sessions: SessionCache,
    private readonly request: SampleRequest,
    private readonly draw: RunDraw,
  ) {}

  /** What is given may be read until `sweep`. */
  async take({ prompt, member }: Job): Promise<RemotePrefix> {
    if (!this.known.has(prompt)) await this.compute(prompt);
    const { pass, row, first } = this.known.get(prompt)!;
    pass.left--;
    const encoded = this.request.prompts[prompt]!;
    return { pass, row, length: encoded.tokens.length, position: this.policy.model.positions(encoded).next, first: first[member]! };
  }

  /** Gives back what the last completion has been handed of. */
  sweep(): void {
    for (const pass of this.passes) if (pass.left === 0) this.drop(pass);
  }

  dispose(): void {
    for (const pass of this.passes) this.drop(pass);
  }

  private drop(pass: Pass): void {
    disposeAll(pass.held);
    this.passes.delete(pass);
  }

  private async compute(first: number): Promise<void> {
    const { model } = this.policy;
    const { temperature } = this.draw;
    const { indices, shape, key, feeds } = promptBatch(this.request, model, first, (p) => this.known.has(p));
    const length = roundUp(shape.length, CAPACITY_STEP);
    const session = await this.sessions.get(`prompt on device:${key},${temperature}`, () => {
      const { next, ...kept } = promptGraph(this.policy, shape, temperature);
      const padded = Object.entries(kept).map(([name, x]) => [name, pad(x, 2, 0, length - shape.length)]);
      return { next: next!, ...Object.fromEntries(padded) };
    });
    // what only the host can draw from goes there
    const stay = new Set([...cacheNames(model), ...(temperature === null ? [] : ["next"])]);
    const { values, staying } = await session.runOn({ ...this.weights, ...feeds }, stay);
    const { next, ...held } = staying as Held;
    const jobs = indices.flatMap((p, row) => this.request.seeds[p]!.map((seed) => ({ row, seed })));
    const pass = { rows: shape.rows, length, held, left: jobs.length };
    this.passes.add(pass);
    const drawn = next === undefined ? this.drawnHere(values.next!, jobs) : await this.drawnThere(next, shape.rows, jobs);
    let at = 0;
    indices.forEach((p, row) => {
      const count = this.request.seeds[p]!.length;
      this.known.set(p, { pass, row, first: drawn.slice(at, at + count) });
      at += count;
    });
  }

  private drawnHere(next: Float32Array, jobs: readonly { row: number; seed: number }[]): Drawn[] {
    const { vocab } = this.policy.model;
    return jobs.map(({ row, seed }) => drawToken(next.subarray(row * vocab, (row + 1) * vocab), this.request.sampling, new Random(seed)));
  }

  private async drawnThere(next: DeviceValue, rows: number, jobs: readonly { row: number; seed: number }[]): Promise<Drawn[]> {
    const { vocab } = this.policy.model;
    const { greedy } = this.draw;
    const out: Drawn[] = [];
    try {
      while (out.length < jobs.length) {
        const some = jobs.slice(out.length, out.length + DRAWN_AT_ONCE);
        const count = roundUp(some.length, DRAWN_STEP);
        const session = await this.sessions.get(`first:${rows},${count},${greedy}`, () => firstTokensGraph(rows, vocab, count, greedy));
        const row = Int32Array.from({ length: count }, (_, i) => some[i]?.row ?? 0);
        const u = Float32Array.from({ length: count }, (_, i) => (i < some.length ? deviceUniform(new Random(some[i]!.seed)) : 0));
        const { tokens, logprobs } = await session.run({ next, row, ...(greedy ? {} : { u }) });
        out.push(...some.map((_, i) => ({ token: tokens![i]!, logprob: logprobs![i]! })));
      }
    } finally {
      next.dispose();
    }
    return out;
  }
}

/** The largest float32 below 1. */
const MOST = 1 - 2 ** -24;

/** A random number in [0, 1) that float32 does not make a 1 of. */
export function deviceUniform(random: Random): number {
  return Math.min(MOST, random.uniform());
}
