import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Job } from "./protocol.ts";
import { runJob } from "./thread.ts";

function job(program: string): Job {
  return { kind: "javascript", program, name: "f", calls: ["[]"], budget: 100_000, memoryMb: 16, stopAtFailure: true };
}

test("a program that overruns its time is ended, and those that wait go on", async () => {
  const spin = "function f() { for (;;); }";
  const heard = await Promise.all([runJob(job(spin), 1), runJob(job(spin), 1), runJob(job("function f() { return 5; }"), 30_000)]);
  expect(heard).toEqual([{ kind: "timeout" }, { kind: "timeout" }, { kind: "calls", results: [{ json: "5" }] }]);
});

test("an idle thread does not keep the process alive", async () => {
  const script = `const { runJob } = await import(${JSON.stringify(new URL("./thread.ts", import.meta.url).href)});
    console.log(JSON.stringify(await runJob(${JSON.stringify(job("function f() { return 5; }"))}, 30000)));`;
  const options = { timeout: 50_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], options);
  expect(stdout).toContain('{"json":"5"}');
});
