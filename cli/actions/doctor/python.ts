import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Finding } from "./finding.ts";

/** What `npm run native:tfjs` needs besides Node. Nothing of vlrl itself runs in Python. */
export async function python(run: (command: string, args: string[]) => Promise<string> = output): Promise<Finding> {
  const asked = [
    ["python3", "--version"],
    ["python3", "-m", "pip", "--version"],
    ["make", "--version"],
    ["c++", "--version"],
  ] as const;
  const answers = await Promise.all(asked.map(([command, ...args]) => run(command, args).catch(() => null)));
  const missing = ["python3", "pip", "make", "a C++ compiler"].filter((_, i) => answers[i] === null);
  const name = "Python";
  if (missing.length === 0)
    return { name, state: "ok", detail: `${answers[0]!.trim().replace("Python ", "")} with pip, make and a C++ compiler` };
  const cure = "For npm run native:tfjs alone. Debian: apt-get install python3 python3-pip make g++";
  return { name, state: "optional", detail: `${missing.join(", ")} not found, and not needed`, cure };
}

async function output(command: string, args: string[]): Promise<string> {
  return (await promisify(execFile)(command, args, { timeout: 20_000 })).stdout;
}
