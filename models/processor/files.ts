import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { z } from "zod";
import { CheckpointError } from "../../core/errors.ts";

/** Everything in a checkpoint folder but its weights, that says how text and pictures become tokens and when a completion ends. */
const processorFiles = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "tokenizer.model",
  "chat_template.jinja",
  "chat_template.json",
  "preprocessor_config.json",
  "video_preprocessor_config.json",
  "processor_config.json",
  "generation_config.json",
] as const;

const readableFiles = [...processorFiles, "config.json"] as const;
export type FileName = (typeof readableFiles)[number];

/** A folder's small files, read once: what is written later is what was loaded, though the folder may be gone by then. */
export class FolderFiles {
  readonly folder: string;
  private readonly contents: ReadonlyMap<FileName, Buffer>;

  private constructor(folder: string, contents: ReadonlyMap<FileName, Buffer>) {
    this.folder = folder;
    this.contents = contents;
  }

  static async read(folder: string): Promise<FolderFiles> {
    const contents = new Map<FileName, Buffer>();
    for (const name of readableFiles) {
      try {
        contents.set(name, await readFile(join(folder, name)));
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    }
    return new FolderFiles(resolve(folder), contents);
  }

  has(name: FileName): boolean {
    return this.contents.has(name);
  }

  path(name: FileName): string {
    return join(this.folder, name);
  }

  /** An error about one of the files. */
  problem(name: FileName, message: string, cure: string, field?: string): CheckpointError {
    return new CheckpointError({ place: { file: this.path(name) }, field, message, cure });
  }

  /** Throws CheckpointError where the file is missing. `cure` says where to get it. */
  require(name: FileName, cure: string): void {
    if (!this.has(name)) throw this.problem(name, "no such file", cure);
  }

  /** The file's text, or null where there is none. */
  text(name: FileName): string | null {
    return this.contents.get(name)?.toString("utf8") ?? null;
  }

  /** The file as its schema reads it, or null where there is none. Throws CheckpointError where it is not JSON or does not fit. */
  json<Schema extends z.ZodType>(name: FileName, schema: Schema): z.infer<Schema> | null {
    const text = this.text(name);
    if (text === null) return null;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.problem(name, `not valid JSON: ${(error as Error).message}`, "Copy the file again from where the checkpoint came from.");
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new CheckpointError(
      parsed.error.issues.map((issue) => ({ place: { file: this.path(name) }, field: issue.path.join("."), message: issue.message })),
    );
  }

  /** Writes the tokenizer's, template's, image processor's and generation files, byte for byte. */
  async copyTo(folder: string): Promise<void> {
    for (const name of processorFiles) {
      const bytes = this.contents.get(name);
      if (bytes !== undefined) await writeFile(join(folder, name), bytes);
    }
  }
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}
