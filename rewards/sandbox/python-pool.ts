import { availableParallelism } from "node:os";
import PQueue from "p-queue";
import { waitsInQueue } from "../../core/waiting.ts";
import { type PythonHeard, type PythonJob, type PythonLimits, PythonProcess } from "./python.ts";

/** As many programs at once, and as many interpreters that wait for one: each is a process with some 250 MB. */
const AT_ONCE = Math.min(4, availableParallelism());

/** The rest wait, and their time starts when an interpreter takes them up. */
const queue = new PQueue({ concurrency: AT_ONCE });
const spare: Promise<PythonProcess>[] = [];
const judges: PythonProcess[] = [];
const busy = new Set<PythonProcess>();

/** One program's time in Python: in a fresh interpreter, and in another fresh one after each run that ended the last. */
export class PythonSession {
  /** wall time that the program has had, starts of interpreters not counted */
  spentMs = 0;
  private python: PythonProcess | null = null;

  /** What a program answers is its own word: it can't pass a test of ours, or refuse one. */
  async run(job: Exclude<PythonJob, { kind: "assert" }>, limits: PythonLimits): Promise<PythonHeard> {
    const python = await this.fresh();
    const heard = await this.timed(() => python.run(job, limits));
    return "passed" in heard || "refused" in heard ? { failed: "no answer of its kind" } : heard;
  }

  /**
   * Runs a test that calls the program's function by its name, in an interpreter of our own where the program never is: each call goes to
   * the program's as arguments, and comes back as its result, both plain values. The limits are those of the test as a whole.
   */
  async check(test: string, call: { program: string; name: string }, limits: PythonLimits): Promise<PythonHeard> {
    const python = await this.fresh();
    const judge = judges.pop() ?? (await PythonProcess.start("judge"));
    busy.add(judge);
    const end = performance.now() + limits.timeoutMs;
    let overran = false;
    const ask = async (literal: string) => {
      const current = python.alive ? python : await this.fresh();
      const left = { ...limits, timeoutMs: Math.max(1, end - performance.now()) };
      const heard = await current.run({ kind: "call", ...call, literal }, left);
      overran ||= "timeout" in heard;
      return JSON.stringify("literal" in heard ? heard : { failed: "no result" });
    };
    try {
      const heard = await this.timed(() => judge.run({ kind: "assert", test, name: call.name }, limits, ask));
      if ("timeout" in heard) this.close(); // the program may still be at it
      return overran && !("passed" in heard) ? { timeout: true } : heard;
    } finally {
      busy.delete(judge);
      if (judge.alive) judges.push(judge);
    }
  }

  close(): void {
    this.python?.kill();
    if (this.python !== null) busy.delete(this.python);
    this.python = null;
  }

  private async fresh(): Promise<PythonProcess> {
    if (this.python?.alive) return this.python;
    this.close();
    this.python = await take();
    busy.add(this.python);
    return this.python;
  }

  private async timed(work: () => Promise<PythonHeard>): Promise<PythonHeard> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.spentMs += performance.now() - started;
    }
  }
}

/** Gives a session to `use` when it is its turn, and ends what it leaves. Rejects where no interpreter starts, which is nobody's fault but ours. */
export function inPython<T>(use: (session: PythonSession) => Promise<T>): Promise<T> {
  // the program's limits are its own, and count from when it runs; neither the queue nor the start of Python is its fault
  const over = waitsInQueue();
  const used = queue.add(async () => {
    const session = new PythonSession();
    try {
      return await use(session);
    } finally {
      session.close();
    }
  });
  return used.finally(over);
}

/** Ends the interpreters that wait for a program; the next one starts others. All end by themselves with our process. */
export async function endIdlePython(): Promise<void> {
  const waiting = await Promise.allSettled(spare.splice(0));
  const started = waiting.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  await ended([...started, ...judges.splice(0)]);
}

/** Ends those at work too. */
export async function closePython(): Promise<void> {
  await endIdlePython();
  await ended([...busy]);
}

async function ended(all: readonly PythonProcess[]): Promise<void> {
  for (const python of all) python.kill();
  await Promise.all(all.map((python) => python.gone()));
}

/** An interpreter that no program was in. Others are started in its place, so that the next program need not wait. */
async function take(): Promise<PythonProcess> {
  const first = spare.shift() ?? PythonProcess.start("program");
  while (spare.length < AT_ONCE) {
    const next = PythonProcess.start("program");
    next.catch(() => undefined); // whoever takes it hears of it
    spare.push(next);
  }
  const python = await first;
  return python.alive ? python : take();
}
