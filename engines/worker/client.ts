import { Worker } from "node:worker_threads";
import type {
  Completion,
  Engine,
  EngineInfo,
  ForwardBackwardResult,
  LogprobOptions,
  LogprobResult,
  LossSpec,
  OptimizerStep,
  SampleRequest,
  TrainRow,
} from "../engine.ts";
import { type Method, type Reply, unpackError } from "./protocol.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onCompletion: ((completion: Completion) => void) | null;
}

/**
 * An engine on a thread of its own: arithmetic blocks that thread, and scoring, tools and the screen of this one never wait for it.
 * Calls are answered in order. A thread that dies rejects every call that is open.
 */
export class WorkerEngine implements Engine {
  private readonly pending = new Map<number, Pending>();
  private count = 0;
  private death: Error | null = null;

  private readonly ready: Promise<void>;
  private started: { resolve(): void; reject(error: Error): void } | null = null;

  private constructor(private readonly worker: Worker) {
    this.ready = new Promise((resolve, reject) => {
      this.started = { resolve, reject };
    });
    worker.on("message", (reply: Reply) => this.hear(reply));
    worker.on("error", (error: unknown) => this.die(error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", (code) => this.die(new Error(`the engine's thread ended with exit code ${code}`)));
  }

  /** Starts `entry`, a module that calls `serveEngine`, and waits until the engine there is ready. */
  static async start(entry: URL, workerData: unknown): Promise<WorkerEngine> {
    const fromSource = entry.pathname.endsWith(".ts");
    // the hook that reads TypeScript in a thread; the compiled package needs none, and loads what Node was told to load first
    const execArgv = fromSource ? ["--import", import.meta.resolve("jiti/register")] : undefined;
    const engine = new WorkerEngine(new Worker(entry, { workerData, execArgv }));
    try {
      await engine.ready;
    } catch (error) {
      await engine.worker.terminate();
      throw error;
    }
    return engine;
  }

  private hear(reply: Reply): void {
    if (reply.type === "ready") {
      this.started?.resolve();
      return;
    }
    if (reply.type === "error" && reply.id === null) {
      this.die(unpackError(reply.error));
      return;
    }
    const call = this.pending.get(reply.id!);
    if (call === undefined) return;
    if (reply.type === "completion") {
      call.onCompletion?.(reply.completion);
      return;
    }
    this.pending.delete(reply.id!);
    if (reply.type === "result") call.resolve(reply.value);
    else call.reject(unpackError(reply.error));
  }

  private die(error: Error): void {
    this.death ??= error;
    this.started?.reject(this.death);
    for (const { reject } of this.pending.values()) reject(this.death);
    this.pending.clear();
  }

  private call<T>(method: Method, args: unknown[], onCompletion: Pending["onCompletion"] = null): Promise<T> {
    if (this.death !== null) return Promise.reject(this.death);
    const id = this.count++;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject, onCompletion });
      this.worker.postMessage({ id, method, args });
    });
  }

  info(): Promise<EngineInfo> {
    return this.call("info", []);
  }
  sample(request: SampleRequest, onCompletion: (completion: Completion) => void): Promise<void> {
    return this.call("sample", [request], onCompletion);
  }
  logprobs(rows: TrainRow[], options: LogprobOptions): Promise<LogprobResult> {
    return this.call("logprobs", [rows, options]);
  }
  values(rows: TrainRow[]): Promise<Float32Array[][]> {
    return this.call("values", [rows]);
  }
  forwardBackward(rows: TrainRow[], loss: LossSpec): Promise<ForwardBackwardResult> {
    return this.call("forwardBackward", [rows, loss]);
  }
  gradientNorms(rows: TrainRow[], loss: LossSpec): Promise<number[]> {
    return this.call("gradientNorms", [rows, loss]);
  }
  optimStep(step: OptimizerStep): Promise<{ gradNorm: number; skipped: boolean }> {
    return this.call("optimStep", [step]);
  }
  snapshot(name: string): Promise<void> {
    return this.call("snapshot", [name]);
  }
  dropSnapshot(name: string): Promise<void> {
    return this.call("dropSnapshot", [name]);
  }
  saveState(folder: string, options: { optimizer: boolean }): Promise<void> {
    return this.call("saveState", [folder, options]);
  }
  loadState(folder: string, options: { optimizer: boolean }): Promise<void> {
    return this.call("loadState", [folder, options]);
  }
  resetOptimizer(): Promise<void> {
    return this.call("resetOptimizer", []);
  }
  async close(): Promise<void> {
    if (this.death !== null) return;
    try {
      await this.call("close", []);
    } finally {
      this.die(new Error("the engine was closed"));
      await this.worker.terminate();
    }
  }
}
