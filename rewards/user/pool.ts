import PQueue from "p-queue";
import { problemText, RecipeError } from "../../core/errors.ts";
import type { Outcome } from "../../core/types.ts";
import type { Finished } from "../ask.ts";
import { shownPath } from "./blame.ts";
import { compact } from "./compact.ts";
import type { Answer, Question, RewardFile } from "./protocol.ts";
import { type Heard, RewardThread } from "./thread.ts";

type Loaded = Extract<Answer, { kind: "loaded" | "refused" }>;

const START_TIMEOUT_MS = 60_000;

export interface PoolOptions {
  /** threads at most; each is started when there is work for it */
  workers: number;
  /** time for a file to be imported, top level awaits included */
  loadTimeoutMs: number;
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
  private readonly names = new Map<number, string>();
  private closed = false;

  constructor(files: RewardFile[], options: PoolOptions) {
    this.files = files;
    this.options = options;
    this.queue = new PQueue({ concurrency: options.workers });
  }

  /** The reward's own name. Throws RecipeError for a file that can't be loaded, whatever is wrong with it. */
  async load(key: number): Promise<string> {
    return this.withThread(async (thread) => {
      const loaded = await this.ensureLoaded(thread, key);
      if (loaded.kind === "loaded") return loaded.name;
      throw new RecipeError(loaded.problem);
    });
  }

  /** What is wrong with an example's target, as the file's own schema sees it. */
  async check(key: number, fields: Record<string, unknown>, timeoutMs: number): Promise<string[]> {
    const { heard } = await this.ask(key, { kind: "check", key, fields: compact(fields) }, timeoutMs);
    if (heard.kind === "answer" && heard.answer.kind === "checked") return heard.answer.problems;
    return [`could not check the row: ${failure(heard, timeoutMs)}`];
  }

  async score(key: number, finished: Finished, timeoutMs: number): Promise<{ outcome: Outcome; latencyMs: number }> {
    const question: Question = { kind: "score", key, finished: { ...finished, fields: compact(finished.fields) } };
    const { heard, latencyMs } = await this.ask(key, question, timeoutMs);
    if (heard.kind === "answer" && heard.answer.kind === "outcome") return { outcome: heard.answer.outcome, latencyMs };
    return { outcome: { kind: heard.kind === "timeout" ? "timeout" : "error", message: failure(heard, timeoutMs) }, latencyMs };
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
    const known = this.names.get(key);
    if (known !== undefined && thread.loaded.has(key)) return { kind: "loaded", name: known };
    const file = this.files[key]!;
    const heard = await thread.ask({ kind: "load", key, file }, this.options.loadTimeoutMs);
    if (heard.kind === "answer" && heard.answer.kind === "loaded") {
      thread.loaded.add(key);
      this.names.set(key, heard.answer.name);
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

  private withThread<T>(work: (thread: RewardThread) => Promise<T>): Promise<T> {
    return this.queue.add(async () => {
      const thread = this.idle.pop() ?? (await RewardThread.start(START_TIMEOUT_MS));
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
