import { Worker } from "node:worker_threads";
import PQueue from "p-queue";
import { waitsInQueue } from "../../core/waiting.ts";
import type { Job, Reply } from "./protocol.ts";

/** Objects of the thread itself; what a program allocates lies in its WebAssembly memory, which has a limit of its own. */
const MAX_HEAP_MB = 256;
const START_TIMEOUT_MS = 60_000;

export type Heard = Reply | { kind: "timeout" } | { kind: "died"; message: string };

/**
 * Threads that run a model's programs, inside of WebAssembly. One job at a time each; a job that overruns its time ends the thread,
 * even in the middle of an endless loop, and the next job starts another. Idle threads do not keep the process alive.
 */
class SandboxThread {
  private readonly worker: Worker;
  private settle: ((heard: Heard) => void) | null = null;
  private dead: string | null = null;

  constructor() {
    const fromSource = import.meta.url.endsWith(".ts");
    this.worker = new Worker(new URL(fromSource ? "./worker.ts" : "./worker.js", import.meta.url), {
      // The hook that reads TypeScript in a thread; the compiled package needs none.
      execArgv: fromSource ? ["--import", import.meta.resolve("jiti/register")] : [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      env: {},
    });
    this.worker.on("message", (reply: Reply) => this.settle?.(reply));
    this.worker.on("error", (error: unknown) => this.die(error instanceof Error ? error.message : String(error)));
    this.worker.on("exit", (code) => this.die(`the thread ended with exit code ${code}`));
    this.worker.unref();
  }

  get alive(): boolean {
    return this.dead === null;
  }

  async hear(timeoutMs: number, job?: Job): Promise<Heard> {
    if (this.dead !== null) return { kind: "died", message: this.dead };
    let timer: NodeJS.Timeout | undefined;
    const heard = await new Promise<Heard>((resolve) => {
      this.settle = resolve;
      // A reply that arrived while our own thread was busy is still in the queue, behind the timer: let it in first.
      timer = setTimeout(() => setImmediate(resolve, { kind: "timeout" }), timeoutMs);
      if (job !== undefined) this.worker.postMessage(job);
    });
    clearTimeout(timer);
    this.settle = null;
    if (heard.kind === "timeout") void this.end();
    return heard;
  }

  async end(): Promise<void> {
    this.die("was ended");
    await this.worker.terminate();
  }

  private die(message: string): void {
    this.dead ??= message;
    this.settle?.({ kind: "died", message: this.dead });
  }
}

/** As many programs at once; the rest wait, and their time starts when a thread takes them up. */
const queue = new PQueue({ concurrency: 2 });
const idle: SandboxThread[] = [];

/** Runs a job in a thread. Throws where none comes up, which is nobody's fault but ours. */
export function runJob(job: Job, timeoutMs: number): Promise<Heard> {
  const taken = waitsInQueue();
  return queue.add(async () => {
    taken();
    const thread = idle.pop() ?? (await start());
    const heard = await thread.hear(timeoutMs, job);
    if (thread.alive) idle.push(thread);
    return heard;
  });
}

/** Ends the threads that have nothing to do, and says how many; a job that comes later starts another. */
export async function endIdleThreads(): Promise<number> {
  const ended = idle.splice(0);
  await Promise.all(ended.map((thread) => thread.end()));
  return ended.length;
}

async function start(): Promise<SandboxThread> {
  const thread = new SandboxThread();
  const heard = await thread.hear(START_TIMEOUT_MS);
  if (heard.kind !== "ready") throw new Error(`a sandbox thread did not start: ${heard.kind === "died" ? heard.message : heard.kind}`);
  return thread;
}
