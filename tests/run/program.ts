import { execFile, spawn } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { RunEvent } from "../../trainers/events.ts";
import { ROOT } from "../sources.ts";

/** The smallest recipe with everything in it. */
export const TINY = join(ROOT, "tests", "run", "tiny.yaml");

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
  events: RunEvent[];
}

/** A started command: its process id, and a way to hear its events as they come (with --json). */
export interface Started {
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Outcome>;
}

export interface StartOptions {
  onEvent?: (event: RunEvent) => void;
  /** modules that Node loads before the program */
  preload?: string[];
}

/** The compiled program, in a folder of its own so that nobody's `dist` is touched. */
export class Program {
  private constructor(private readonly folder: string) {}

  /** Compiles the sources; inside node_modules, so that the built files find the packages. */
  static async build(): Promise<Program> {
    const folder = await mkdtemp(join(ROOT, "node_modules", ".vlrl-run-"));
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
    await promisify(execFile)(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", folder, "--declaration", "false"], {
      cwd: ROOT,
    });
    await copyFile(join(ROOT, "package.json"), join(folder, "package.json"));
    return new Program(folder);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  start(args: string[], { onEvent, preload = [] }: StartOptions = {}): Started {
    const main = join(this.folder, "cli", "main.js");
    const child = spawn(process.execPath, [...preload.flatMap((file) => ["--import", file]), main, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const outcome: Outcome = { code: null, signal: null, out: "", err: "", events: [] };
    createInterface({ input: child.stdout }).on("line", (line) => {
      outcome.out += `${line}\n`;
      if (!line.startsWith("{")) return;
      const event = JSON.parse(line) as RunEvent;
      outcome.events.push(event);
      onEvent?.(event);
    });
    child.stderr.on("data", (data) => (outcome.err += data));
    const ended = new Promise<Outcome>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ ...outcome, code, signal }));
    });
    return { kill: (signal) => child.kill(signal), ended };
  }

  run(args: string[], options?: StartOptions): Promise<Outcome> {
    return this.start(args, options).ended;
  }
}
