import { Random } from "../../core/random.ts";
import type { Completion, SampleRequest } from "../engine.ts";
import { roundUp } from "./round-up.ts";
import type { Drawn } from "./sampler.ts";
import { StopWatcher } from "./stop.ts";

/** Fewer slots than these are not worth a session of their own. */
const LEAST_SLOTS = 16;

/** A completion that is to be sampled: which prompt of the request, and which of its completions. */
export interface Job {
  prompt: number;
  member: number;
}

/** A completion on its way in a slot. */
export interface Sequence extends Job {
  random: Random;
  tokens: number[];
  logprobs: number[];
  startedMs: number;
  /** how far the positions of its tokens are behind their number: pictures take up fewer */
  lag: number;
  stop: StopWatcher;
}

/** Who of a request's completions is in which slot, who waits for one, and when one has ended. */
export class Slots {
  private readonly started = performance.now();
  private readonly waiting: Job[];
  private sequences: (Sequence | null)[];

  constructor(
    private readonly request: SampleRequest,
    most: number,
    private readonly onCompletion: (completion: Completion) => void,
  ) {
    this.waiting = request.prompts.flatMap((_, prompt) => request.seeds[prompt]!.map((_, member) => ({ prompt, member })));
    this.sequences = new Array<Sequence | null>(Math.min(most, roundUp(this.waiting.length, 8))).fill(null);
  }

  get count(): number {
    return this.sequences.length;
  }

  at(slot: number): Sequence | null {
    return this.sequences[slot]!;
  }

  /** Slots that hold a sequence, rising. */
  active(): number[] {
    return [...this.sequences.keys()].filter((slot) => this.sequences[slot] !== null);
  }

  /** Hands each free slot to who waits. One that ends with its first token frees its slot at once. */
  async refill(place: (job: Job, slot: number) => Promise<void>): Promise<void> {
    for (let slot = 0; slot < this.count; slot++) {
      while (this.at(slot) === null && this.waiting.length > 0) await place(this.waiting.shift()!, slot);
    }
  }

  seat(job: Job, slot: number, lag: number): Sequence {
    const sequence = {
      ...job,
      random: new Random(this.request.seeds[job.prompt]![job.member]!),
      tokens: [],
      logprobs: [],
      startedMs: this.now(),
      lag,
      stop: new StopWatcher(this.request.sampling),
    };
    this.sequences[slot] = sequence;
    return sequence;
  }

  /** One token more in a slot, which is free again where it is the last. */
  push(slot: number, { token, logprob }: Drawn): void {
    const sequence = this.sequences[slot]!;
    sequence.tokens.push(token);
    sequence.logprobs.push(logprob);
    const stopped = sequence.stop.ends(token);
    if (!stopped && sequence.tokens.length < this.request.sampling.max_new_tokens) return;
    this.sequences[slot] = null;
    this.onCompletion({
      prompt: sequence.prompt,
      member: sequence.member,
      tokens: Int32Array.from(sequence.tokens),
      logprobs: Float32Array.from(sequence.logprobs),
      finish: stopped ? "stop" : "length",
      startedMs: sequence.startedMs,
      finishedMs: this.now(),
    });
  }

  /**
   * Halves the slots where none wait and so few are left that it is worth it: slot i goes on as what one that is given was, rising; those
   * beyond are free. Null where nothing changes.
   */
  halve(): number[] | null {
    const kept = this.active();
    const slots = this.count / 2;
    if (this.waiting.length > 0 || kept.length > slots || slots < LEAST_SLOTS || slots % 8 !== 0) return null;
    this.sequences = Array.from({ length: slots }, (_, i) => (i < kept.length ? this.sequences[kept[i]!]! : null));
    return kept;
  }

  private now(): number {
    return performance.now() - this.started;
  }
}
