import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import { z } from "zod";
import { Frames, frameHead } from "./frames.ts";
import { PYTHON_CHILD } from "./python-child.ts";
import { PYTHON_HARNESS } from "./python-harness.ts";

const START_MS = 120_000;
/** What an interpreter's process may take beside the memory of Python itself: Node, compiled code, files. */
const BESIDE_MB = 512;
const WATCH_MS = 100;
/** A process that we don't end, because we are gone or held up, ends itself so long after its limit. */
const OWN_GRACE_MS = 5000;
/** A snapshot has 30 MB; an answer a megabyte, which its escapes make up to seven. */
const MAX_FRAME = { snapshot: 128 * 2 ** 20, program: 16 * 2 ** 20, judge: 16 * 2 ** 20 };

/** One run of a program in a namespace of its own, or of a test. `literal` are arguments as a Python literal: `([1, 2], {"key": 3})`. */
export type PythonJob =
  | { kind: "stdin"; program: string; stdin: string }
  | { kind: "call"; program: string; name: string; args: unknown[]; named: Record<string, unknown> }
  | { kind: "call"; program: string; name: string; literal: string }
  | { kind: "assert"; test: string; name: string };

/** What comes of it. All of it is a hostile program's word, but for an assertion's. `refused` is our mistake. */
const Answer = z.union([
  z.strictObject({ stdout: z.string() }),
  z.strictObject({ value: z.string() }),
  z.strictObject({ literal: z.string() }),
  z.strictObject({ passed: z.literal(true) }),
  z.strictObject({ failed: z.string() }),
  z.strictObject({ refused: z.string() }),
]);
export type PythonAnswer = z.infer<typeof Answer>;

const Message = z.union([
  z.strictObject({ ready: z.literal(true) }),
  z.strictObject({ id: z.string(), answer: z.string().nullable() }),
  z.strictObject({ id: z.string(), late: z.literal(true) }),
  z.strictObject({ id: z.string(), ask: z.string() }),
]);

/** `broken`: the interpreter, or its process, ended with the program. It can't be asked again after that, nor after a timeout. */
export type PythonHeard = PythonAnswer | { timeout: true } | { broken: true };

export interface PythonLimits {
  /** wall time of one job, from when it is sent to an interpreter that waits for it */
  timeoutMs: number;
  memoryMb: number;
}

/** How Node is started for an interpreter. `script` is another one only where a test looks at what the process may do. */
export function pythonArguments(mode: "snapshot" | "program" | "judge", script = PYTHON_CHILD): string[] {
  const folder = pyodideFolder();
  const permission = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
  return [
    permission,
    `--allow-fs-read=${folder}/*`,
    "--disallow-code-generation-from-strings",
    "--frozen-intrinsics",
    "--no-addons",
    "--max-old-space-size=256",
    "--input-type=module",
    "--eval",
    script,
    mode,
    folder,
  ];
}

/**
 * A process with an interpreter for one program. It may read pyodide's folder, and nothing else: no files, processes, threads or addons by
 * Node's permission model, no environment, no code made of strings; see python-child.ts for what keeps it from the network.
 */
export class PythonProcess {
  private readonly child: ChildProcess;
  private readonly frames: Frames;
  private readonly exited: Promise<void>;
  alive = true;

  private constructor(mode: "snapshot" | "program" | "judge") {
    this.child = spawn(process.execPath, pythonArguments(mode), {
      stdio: ["pipe", "pipe", "ignore"],
      env: {},
      cwd: "/",
    });
    this.frames = new Frames(this.child.stdout as Socket, MAX_FRAME[mode]);
    this.exited = new Promise((resolve) => {
      const end = () => {
        this.alive = false;
        this.frames.end();
        resolve();
      };
      this.child.once("exit", end);
      this.child.once("error", end);
    });
    this.child.stdin!.on("error", () => undefined);
    // Nothing of it holds our process; a timer does while an answer is awaited.
    this.child.unref();
    for (const stream of [this.child.stdin, this.child.stdout]) (stream as Socket | null)?.unref();
    preferToEnd(this.child.pid);
  }

  /** Tried again where it ends before it is ready, as it may on a machine that is short of memory. */
  static async start(mode: "program" | "judge", tries = 3): Promise<PythonProcess> {
    pyodideFolder(); // a package that is not there won't be the next time
    try {
      return await PythonProcess.startOnce(mode);
    } catch (error) {
      if (tries <= 1) throw error;
      return PythonProcess.start(mode, tries - 1);
    }
  }

  private static async startOnce(mode: "program" | "judge"): Promise<PythonProcess> {
    const memory = await snapshot();
    const python = new PythonProcess(mode);
    python.send(memory);
    const first = Message.safeParse(parsed(await python.hear(START_MS)));
    if (!first.success || !("ready" in first.data)) {
      python.kill();
      await python.gone();
      const { exitCode, signalCode } = python.child;
      throw new Error(`no Python interpreter starts: it ended with ${signalCode ?? `exit code ${exitCode}`}`);
    }
    return python;
  }

  /** The memory of an interpreter that has started, with what all programs use already imported. */
  static async makeSnapshot(): Promise<Buffer> {
    const python = new PythonProcess("snapshot");
    python.send(Buffer.from(PYTHON_HARNESS));
    const memory = await python.hear(START_MS);
    python.kill();
    if (memory === null || memory === "timeout") throw new Error("no Python interpreter starts");
    if (memory.length < 1_000_000) throw new Error(`no Python interpreter starts: ${memory.toString().slice(0, 500)}`);
    return memory;
  }

  /** Runs one job; `ask` answers what a test's assertions ask of the program. Ends the process where the time is over. */
  async run(job: PythonJob, { timeoutMs, memoryMb }: PythonLimits, ask?: (call: string) => Promise<string | null>): Promise<PythonHeard> {
    const id = randomBytes(16).toString("hex");
    const end = performance.now() + timeoutMs;
    this.send(Buffer.from(JSON.stringify({ id, memoryMb, timeoutMs: Math.ceil(timeoutMs) + OWN_GRACE_MS, job: JSON.stringify(job) })));
    const stopWatching = this.watch(memoryMb + BESIDE_MB);
    try {
      for (;;) {
        const heard = await this.hear(end - performance.now());
        const { data } = Message.safeParse(parsed(heard));
        if (heard === "timeout" || (data !== undefined && "late" in data && data.id === id)) {
          this.kill();
          return { timeout: true };
        }
        const reply = data !== undefined && "ask" in data && data.id === id && ask !== undefined ? await ask(data.ask) : null;
        if (reply !== null) {
          this.send(Buffer.from(reply));
          continue;
        }
        const answer = data !== undefined && "answer" in data && data.id === id ? Answer.safeParse(parsed(data.answer)) : undefined;
        if (answer?.success) return answer.data;
        this.kill();
        return { broken: true };
      }
    } finally {
      stopWatching();
    }
  }

  kill(): void {
    this.alive = false;
    this.child.kill("SIGKILL");
  }

  /** Resolves once the process is gone. */
  async gone(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.ref(); // nothing else may keep our process until then
    await this.exited;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** What it holds of the machine's memory; 0 where the system does not tell. */
  residentMb(): number {
    try {
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
    } catch {
      return 0;
    }
  }

  private send(bytes: Buffer): void {
    // the head by itself: a snapshot of 60 MB is not copied for every interpreter
    this.child.stdin!.write(frameHead(bytes));
    this.child.stdin!.write(bytes);
  }

  private async hear(timeoutMs: number): Promise<Buffer | null | "timeout"> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"timeout">((resolve) => {
      // An answer that arrived while our own thread was busy is still in the queue, behind the timer: let it in first.
      timer = setTimeout(() => setImmediate(resolve, "timeout"), Math.max(0, timeoutMs));
    });
    const heard = await Promise.race([this.frames.next(), late]);
    clearTimeout(timer);
    return heard;
  }

  /** Ends the process where it takes more memory than any program may: where the system tells, which is on Linux. */
  private watch(limitMb: number): () => void {
    if (process.platform !== "linux") return () => undefined;
    const timer = setInterval(() => {
      if (this.residentMb() > limitMb) this.kill();
    }, WATCH_MS);
    timer.unref();
    return () => clearInterval(timer);
  }
}

let memory: Promise<Buffer> | null = null;

function snapshot(): Promise<Buffer> {
  memory ??= PythonProcess.makeSnapshot();
  memory.catch(() => {
    memory = null;
  });
  return memory;
}

/** Where the package is, as seen `from` a file. It is never loaded into our own process. */
export function pyodideFolder(from = import.meta.url): string {
  try {
    return realpathSync(dirname(createRequire(from).resolve("pyodide/package.json")));
  } catch {
    throw new Error("Python programs are run by the package pyodide, which is not there: npm install pyodide");
  }
}

function parsed(text: Buffer | string | null | "timeout"): unknown {
  try {
    return text === null ? null : JSON.parse(text.toString());
  } catch {
    return null;
  }
}

/** Where memory runs out, the system is to end this process and none of ours. */
function preferToEnd(pid: number | undefined): void {
  if (process.platform !== "linux" || pid === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "1000");
  } catch {
    // not everywhere allowed, and no more than a precaution
  }
}
