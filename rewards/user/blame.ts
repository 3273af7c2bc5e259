import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import type { Place } from "../../core/errors.ts";

const MAX_MESSAGE = 500;

/** What was thrown and where: the topmost stack frame in `file` itself, so that the reader is sent to their own code. */
export function blame(thrown: unknown, file: string): { message: string; place: Place } {
  if (!(thrown instanceof Error)) return { message: shorten(`threw ${inspect(thrown)}`), place: { file: shownPath(file) } };
  const compiler = compilerError(thrown.message);
  if (compiler !== null) return { ...compiler, message: shorten(compiler.message) };
  const message = shorten(`${thrown.name}: ${thrown.message.split("\nRequire stack:")[0]}`);
  return { message, place: { file: shownPath(file), line: lineIn(file, thrown.stack ?? "") } };
}

/** Line of the topmost frame in a file. Its column is left out: taking the types out of a file moves columns, not lines. */
function lineIn(file: string, stack: string): number | undefined {
  for (const frame of stack.split("\n").filter((text) => text.startsWith("    at "))) {
    for (const mark of [`${file}:`, `${pathToFileURL(file)}:`]) {
      const start = frame.indexOf(mark);
      if (start >= 0) return Number.parseInt(frame.slice(start + mark.length), 10);
    }
  }
  return undefined;
}

/** The form of a path that is shortest to read: relative where it lies below the working folder. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}

/** jiti reports a syntax error as `ParseError: what \n path:line:column`, without a frame. */
function compilerError(message: string): { message: string; place: Place } | null {
  if (!message.startsWith("ParseError: ")) return null;
  const lines = message.split("\n");
  const match = /^(.+):([0-9]+):([0-9]+)$/.exec((lines.at(-1) ?? "").trim());
  if (match === null) return null;
  const [, file = "", line, column] = match;
  const place = { file: shownPath(file), line: Number(line), column: Number(column) };
  return { message: (lines[0] ?? "").replace("ParseError", "SyntaxError").trim(), place };
}

function shorten(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
}
