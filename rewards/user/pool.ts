import PQueue from "p-queue";
import { problemText, RecipeError } from "../../core/errors.ts";
import type { Outcome } from "../../core/types.ts";
import { waitsInQueue } from "../../core/waiting.ts";
import type { Finished } from "../ask.ts";
import { shownPath } from "./blame.ts";
import { compact, ownBuffer } from "./compact.ts";
import type { Answer, Question, RewardFacts, RewardFile } from "./protocol.ts";
import { type Heard, RewardThread } from "./thread.ts";

type Loaded = Extract<Answer, { kind: "loaded" | "refused" }>;

const START_TIMEOUT_MS = 60_000;

/** Threads for a machine of so many cores: one a core, but two, so that one may hang, and eight where more would only cost memory. */
export function poolSize(cores: number): number {
  return Math.min(8, Math.max(2, cores));
}

export interface PoolOptions {
  /** threads at most; each is started when there is work for it */
  workers: number;
  /** time for a file to be imported, top level awaits included */
  loadTimeoutMs: number;
  /** of objects and texts in each thread; typed arrays lie outside of it */
  memoryMb: number;
}

/**
 * Users' reward files and the threads that run them. A file that is slow, throws or ends its thread costs one outcome: the
 * thread is replaced, and what waits in the queue goes on. Time limits count from when a thread takes a question up.
 */
export class RewardPool {
  private readonly files: RewardFile[];
  private readonly options: PoolOptions;
  private readonly queue: PQueue;
  private readonly idle: RewardThread[] = [];
  private readonly busy = new Set<RewardThread>();
  private readonly facts = new Map<number, RewardFacts>();
  private closed = false;

  constructor(files: RewardFile[], options: PoolOptions) {
    this.files = files;
    this.options = options;
    this.queue = new PQueue({ concurrency: options.workers });
  }

  /** What the reward says of itself. Throws RecipeError for a file that can't be loaded, whatever is wrong with it. */
  async load(key: number): Promise<RewardFacts> {
    return this.withThread(async (thread) => {
      const loaded = await this.ensureLoaded(thread, key);
      if (loaded.kind === "loaded") return loaded.facts;
      throw new RecipeError(loaded.problem);
    });
  }

  /** What is wrong with an example's target, as the file's own schema sees it. */
  async check(key: number, fields: Record<string, unknown>, timeoutMs: number): Promise<string[]> {
    const sent = compact(fields, { pictures: false, target: this.facts.get(key)?.field });
    const { heard } = await this.ask(key, { kind: "check", key, fields: sent }, timeoutMs);
    if (heard.kind === "answer" && heard.answer.kind === "checked") return heard.answer.problems;
    return [`could not check the row: ${failure(heard, timeoutMs)}`];
  }

  /** One outcome a member. All of them are completions of one example, whose fields are sent once. */
  async score(key: number, members: readonly Finished[], timeoutMs: number): Promise<{ outcomes: Outcome[]; latencyMs: number }> {
    const { heard, latencyMs } = await this.ask(key, { kind: "score", key, members: this.sent(key, members) }, timeoutMs);
    if (heard.kind === "answer" && heard.answer.kind === "outcomes") return { outcomes: heard.answer.outcomes, latencyMs };
    const outcome: Outcome = { kind: heard.kind === "timeout" ? "timeout" : "error", message: failure(heard, timeoutMs) };
    return { outcomes: members.map(() => outcome), latencyMs };
  }

  /** Members as they are sent: with nothing that is large and that the reward does not need. */
  private sent(key: number, members: readonly Finished[]): Finished[] {
    const { field, needs = [] } = this.facts.get(key) ?? {};
    const fields = compact(members[0]?.fields ?? {}, { pictures: needs.includes("pictures"), target: field });
    return members.map(({ tokenIds, logprobs, ...finished }) => ({
      ...finished,
      fields,
      ...(needs.includes("tokenIds") ? { tokenIds: ownBuffer(tokenIds) } : {}),
      ...(needs.includes("logprobs") ? { logprobs: ownBuffer(logprobs) } : {}),
    }));
  }

  /** Questions still waiting are answered with an error. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.idle, ...this.busy].map((thread) => thread.end()));
    await this.queue.onIdle();
  }

  private ask(key: number, question: Question, timeoutMs: number): Promise<{ heard: Heard; latencyMs: number }> {
    return this.withThread(async (thread) => {
      const ready = await this.ensureLoaded(thread, key);
      const started = performance.now();
      const heard = ready.kind === "loaded" ? await put(thread, question, timeoutMs) : died(problemText(ready.problem));
      return { heard, latencyMs: performance.now() - started };
    });
  }

  private async ensureLoaded(thread: RewardThread, key: number): Promise<Loaded> {
    const known = this.facts.get(key);
    if (known !== undefined && thread.loaded.has(key)) return { kind: "loaded", facts: known };
    const file = this.files[key]!;
    const heard = await thread.ask({ kind: "load", key, file }, this.options.loadTimeoutMs);
    if (heard.kind === "answer" && heard.answer.kind === "loaded") {
      thread.loaded.add(key);
      this.facts.set(key, heard.answer.facts);
      return heard.answer;
    }
    if (heard.kind === "answer" && heard.answer.kind === "refused") return heard.answer;
    const problem = {
      place: { file: shownPath(file.path) },
      message: `did not load: ${failure(heard, this.options.loadTimeoutMs)}`,
      cure: heard.kind === "timeout" ? "Is there an endless loop, or a long wait, at its top level?" : undefined,
    };
    return { kind: "refused", problem };
  }

  /** A thread may have ended itself after its answer: that is no fault of the next question. One that the pool closed says so. */
  private idleThread(): RewardThread | undefined {
    let thread = this.idle.pop();
    while (thread !== undefined && !thread.alive && !this.closed) thread = this.idle.pop();
    return thread;
  }

  private withThread<T>(work: (thread: RewardThread) => Promise<T>): Promise<T> {
    const taken = waitsInQueue();
    return this.queue.add(async () => {
      taken();
      const thread = this.idleThread() ?? (await RewardThread.start(START_TIMEOUT_MS, this.options.memoryMb));
      if (this.closed) await thread.end();
      this.busy.add(thread);
      try {
        return await work(thread);
      } finally {
        this.busy.delete(thread);
        if (thread.alive) this.idle.push(thread);
      }
    });
  }
}

/** A row that can't be copied to a thread is an error of this question only. */
async function put(thread: RewardThread, question: Question, timeoutMs: number): Promise<Heard> {
  try {
    return await thread.ask(question, timeoutMs);
  } catch (error) {
    if (error instanceof DOMException) return died(`the row holds what can't be sent to a thread: ${error.message}`);
    throw error;
  }
}

function died(message: string): Heard {
  return { kind: "died", message };
}

function failure(heard: Heard, timeoutMs: number): string {
  if (heard.kind === "timeout") return `no answer in ${timeoutMs} ms`;
  return heard.kind === "died" ? heard.message : `unexpected answer "${heard.answer.kind}"`;
}
