import type { Merged, MergeOptions, OnProgress } from "../../exports/merge.ts";
import { bytes } from "../terminal/number.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { printable } from "../terminal/text.ts";
import { writing } from "./writing.ts";

export interface MergeCommandOptions {
  out: string;
  base?: string;
  json?: boolean;
}

export type Merge = (options: MergeOptions, onProgress: OnProgress) => Promise<Merged>;

const loaded: Merge = async (options, onProgress) => (await import("../../exports/merge.ts")).mergeAdapter(options, onProgress);

/** Merges an adapter into its base model; returns the exit code. */
export async function mergeCommand(
  adapter: string,
  { out, base, json }: MergeCommandOptions,
  terminal: Terminal,
  merge: Merge = loaded,
): Promise<number> {
  return writing(
    (onProgress) => merge({ adapter, out, base }, onProgress),
    terminal,
    (merged) => terminal.out(json ? `${JSON.stringify(merged)}\n` : mergedText(merged)),
  );
}

function mergedText({ folder, files, bytes: size, base, modules, rounded }: Merged): string {
  const round = rounded.length === 0 ? "" : `, each sum rounded once to ${rounded.join(" and ")} as the base model is stored`;
  return printable(`${modules} linear layers of ${base} changed${round}\nwrote ${folder}: ${files.length} files, ${bytes(size)}\n`);
}
