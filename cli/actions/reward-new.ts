import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { atomicWrite, exists } from "../../core/atomic.ts";
import { UserError } from "../../core/errors.ts";
import { scaffold } from "../../rewards/workbench/scaffold.ts";
import { EXIT } from "../exit.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface RewardNewOptions {
  out: string;
  json?: boolean;
}

/** Writes a reward file and its test, neither over another file; returns the exit code. */
export async function rewardNew(name: string, { out, json }: RewardNewOptions, terminal: Terminal): Promise<number> {
  const refuse = (file: string, message: string, cure: string) => new UserError({ place: { file }, message, cure });
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/.test(name)) {
    throw refuse(name, "is no name for a reward", "Take small letters and digits, words joined by - or _: near-miss.");
  }
  const { rewards } = await import("../../rewards/index.ts");
  if (rewards.has(name.replaceAll("-", "_"))) throw refuse(name, "is a reward of this package already", "Take another name.");
  const { file, code, testFile, test } = scaffold(name);
  const [path, testPath] = [join(out, file), join(out, testFile)];
  for (const there of [path, testPath]) {
    if (await exists(there)) throw refuse(there, "is there already", "Take another name, or another folder: --out.");
  }
  await mkdir(out, { recursive: true });
  await atomicWrite(path, code);
  await atomicWrite(testPath, test);
  terminal.out(
    json
      ? `${JSON.stringify({ file: path, test: testPath })}\n`
      : `Wrote ${path} and ${testPath}.\nTry it: npx vitest run ${testPath}, then vlrl reward test ${path} rows.jsonl --watch\n`,
  );
  return EXIT.ok;
}
