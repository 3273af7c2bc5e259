import { type Problem, UserError } from "../../core/errors.ts";
import type { Completion, Engine } from "../engine.ts";

export type Method = keyof Engine;

/** From the main thread: call a method. */
export interface Call {
  id: number;
  method: Method;
  args: unknown[];
}

/** From the engine's thread: ready to be called, a completion on the way, a result, or what went wrong. */
export type Reply =
  | { type: "ready" }
  | { type: "completion"; id: number; completion: Completion }
  | { type: "result"; id: number; value: unknown }
  | { type: "error"; id: number | null; error: PackedError };

/** An error as plain data. A user's mistake keeps its problems, anything else its stack. */
export interface PackedError {
  name: string;
  message: string;
  stack: string | undefined;
  problems: Problem[] | null;
}

export function packError(error: unknown): PackedError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack, problems: error instanceof UserError ? error.problems : null };
}

export function unpackError({ name, message, stack, problems }: PackedError): Error {
  const error = problems === null ? new Error(message) : new UserError(problems);
  error.name = name;
  if (problems === null && stack !== undefined) error.stack = stack;
  return error;
}
