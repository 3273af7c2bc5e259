import type { z } from "zod";
import type { FinishReason, Outcome } from "../core/types.ts";
import type { RewardDefinition } from "./define.ts";
import { toOutcome } from "./outcome.ts";

/** A reward as a recipe uses it: where its target is, and its options checked. */
export interface PreparedReward {
  definition: RewardDefinition;
  field: string;
  options: unknown;
}

/** One finished completion and its example, as plain data that can be sent to a thread. */
export interface Finished {
  completion: string;
  exampleId: string;
  fields: Record<string, unknown>;
  seed: number;
  tokens: number;
  finish: FinishReason;
}

/** Score one completion. Throws only what the reward itself throws; a target that does not fit is an error outcome. */
export async function ask({ definition, field, options }: PreparedReward, finished: Finished): Promise<Outcome> {
  const target = await definition.target.safeParseAsync(finished.fields[field]);
  if (!target.success) return { kind: "error", message: targetMessages(field, finished.fields, target.error).join("; ") };
  const { completion, exampleId, fields: example, seed, tokens, finish } = finished;
  return toOutcome(await definition.score({ completion, target: target.data, options, example, exampleId, seed, tokens, finish }));
}

/** `needs digits[0].box: expected …` for everything in the row that does not fit the reward's target; empty where it fits. */
export async function targetProblems({ definition, field }: PreparedReward, fields: Record<string, unknown>): Promise<string[]> {
  const { error } = await definition.target.safeParseAsync(fields[field]);
  return error === undefined ? [] : targetMessages(field, fields, error);
}

function targetMessages(field: string, fields: Record<string, unknown>, error: z.ZodError): string[] {
  if (fields[field] === undefined) return [`needs ${field}, which the row lacks; it has ${Object.keys(fields).join(", ")}`];
  return error.issues.map((issue) => deepest(issue)).map(({ path, message }) => `needs ${field}${pathText(path)}: ${message}`);
}

type Issue = Pick<z.core.$ZodIssue, "path" | "message">;

/** A union's own message says nothing; the option that got furthest into the value says what is wrong with it. */
function deepest(issue: z.core.$ZodIssue): Issue {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return { path: issue.path, message: bare(issue.message) };
  const options = issue.errors.flatMap(([first]) => (first === undefined ? [] : [deepest(first)]));
  const depth = Math.max(...options.map(({ path }) => path.length));
  const furthest = options.filter(({ path }) => path.length === depth);
  const messages = [...new Set(furthest.map(({ message }) => message))];
  return { path: [...issue.path, ...(furthest[0]?.path ?? [])], message: messages.join(", or ") };
}

function bare(message: string): string {
  return message.replace(/^(Invalid (input|option)|Too (small|big)): /, "");
}

function pathText(path: PropertyKey[]): string {
  return path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
}
