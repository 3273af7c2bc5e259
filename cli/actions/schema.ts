import { recipeSchemaText } from "../../configs/schema.ts";
import { advising, atomicWrite } from "../../core/atomic.ts";
import { UserError } from "../../core/errors.ts";
import { EXIT } from "../exit.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Prints the recipe's JSON Schema, or writes it to a file; returns the exit code. */
export async function schemaCommand({ out }: { out?: string }, terminal: Terminal): Promise<number> {
  const text = recipeSchemaText();
  if (out === undefined) terminal.out(text);
  else await advising("--out", () => atomicWrite(out, text)).catch((error: unknown) => Promise.reject(writeProblem(error, out)));
  return EXIT.ok;
}

function writeProblem(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UserError({ place: { file }, message: "there is no such folder", cure: "Make it first, or name another file." });
  }
  if (code === "EISDIR") return new UserError({ place: { file }, message: "a folder", cure: "Name a file." });
  return error;
}
