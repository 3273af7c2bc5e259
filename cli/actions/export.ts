import type { ExportOptions } from "../../exports/export.ts";
import type { OnProgress } from "../../exports/merge.ts";
import type { Written } from "../../exports/new-folder.ts";
import { bytes } from "../terminal/number.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { printable } from "../terminal/text.ts";
import { writing } from "./writing.ts";

export interface ExportCommandOptions {
  out: string;
  format: ExportOptions["format"];
  adapter?: boolean;
  json?: boolean;
}

export type Export = (options: ExportOptions, onProgress: OnProgress) => Promise<Written>;

const loaded: Export = async (options, onProgress) => (await import("../../exports/export.ts")).exportCheckpoint(options, onProgress);

/** Writes a checkpoint as a folder for others; returns the exit code. */
export async function exportCommand(
  checkpoint: string,
  { out, format, adapter, json }: ExportCommandOptions,
  terminal: Terminal,
  write: Export = loaded,
): Promise<number> {
  return writing(
    (onProgress) => write({ checkpoint, out, format, adapter }, onProgress),
    terminal,
    ({ folder, files, bytes: size }) =>
      terminal.out(
        json
          ? `${JSON.stringify({ folder, files, bytes: size })}\n`
          : printable(`wrote ${folder}: ${files.length} files, ${bytes(size)}\n${files.map((file) => `  ${file}\n`).join("")}`),
      ),
  );
}
