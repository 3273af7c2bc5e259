import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Answer, Question } from "./protocol.ts";

/** What came of a question. After `timeout` and `died` the thread is gone, and its owner starts another. */
export type Heard = { kind: "answer"; answer: Answer } | { kind: "timeout" } | { kind: "died"; message: string };

/**
 * A thread that runs users' reward files. Each question has a time limit, and a thread that overruns it is ended, even in the
 * middle of an endless loop. It has its own heap, and does not keep the process alive between questions.
 */
export class RewardThread {
  /** keys of the files it has loaded */
  readonly loaded = new Set<number>();
  private readonly worker: Worker;
  private settle: ((heard: Heard) => void) | null = null;
  private death: string | null = null;

  private constructor(memoryMb: number) {
    const fromSource = import.meta.url.endsWith(".ts");
    this.worker = new Worker(new URL(fromSource ? "./worker.ts" : "./worker.js", import.meta.url), {
      // The hook that reads TypeScript in a thread; the compiled package needs none.
      execArgv: fromSource ? ["--import", import.meta.resolve("jiti/register")] : [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    this.worker.on("message", (answer: Answer) => this.settle?.({ kind: "answer", answer }));
    // The exit follows, behind an answer that was sent before the error: which of the two counts must not depend on who is quicker.
    this.worker.on("error", (error: unknown) => {
      this.death ??= error instanceof Error ? error.message : String(error);
    });
    this.worker.on("exit", (code) => this.die(`ended its own thread with exit code ${code}`));
    this.worker.unref();
  }

  /** A thread that is ready for questions. Throws where none comes up in time, which is no reward's fault. */
  static async start(timeoutMs: number, memoryMb: number): Promise<RewardThread> {
    const thread = new RewardThread(memoryMb);
    const heard = await thread.wait(timeoutMs);
    if (heard.kind === "answer") return thread;
    throw new Error(`a reward thread did not start: ${heard.kind === "died" ? heard.message : `no answer in ${timeoutMs} ms`}`);
  }

  get alive(): boolean {
    return this.death === null;
  }

  /** Throws DataCloneError for a question that is not plain data; the thread stays good. */
  ask(question: Question, timeoutMs: number): Promise<Heard> {
    if (this.alive) this.worker.postMessage(question);
    return this.wait(timeoutMs);
  }

  /** Waits a moment for the thread to be gone: one that is inside a system call goes when the call returns. */
  async end(): Promise<void> {
    this.die("was closed");
    await Promise.race([this.worker.terminate(), sleep(1000, undefined, { ref: false })]);
  }

  private async wait(timeoutMs: number): Promise<Heard> {
    if (this.death !== null) return { kind: "died", message: this.death };
    let timer: NodeJS.Timeout | undefined;
    const heard = await new Promise<Heard>((resolve) => {
      this.settle = resolve;
      // An answer that arrived while our own thread was busy is still in the queue, behind the timer: let it in first.
      timer = setTimeout(() => setImmediate(resolve, { kind: "timeout" }), timeoutMs);
    });
    clearTimeout(timer);
    this.settle = null;
    if (heard.kind === "timeout") void this.end();
    return heard;
  }

  private die(message: string): void {
    this.death ??= message;
    this.settle?.({ kind: "died", message: this.death });
  }
}
