import type { z } from "zod";
import type { FinishReason, Outcome, Picture, Turn, TurnSpan } from "../core/types.ts";
import type { AnyReward, InputWith, Need, Needed } from "./define.ts";
import type { Judges } from "./judges/define.ts";
import { groupToOutcomes, toOutcome, turnsToOutcome } from "./outcome.ts";
import { type ToolUse, toolUses } from "./tools.ts";
import { policyText } from "./turns.ts";

/** A reward as a recipe uses it: where its target is, and its options checked. */
export interface PreparedReward {
  definition: AnyReward;
  field: string;
  options: unknown;
  /** the recipe's, for rewards that need them */
  judges?: Judges;
}

/** One finished completion and its example, as plain data that can be sent to a thread. */
export interface Finished {
  completion: string;
  exampleId: string;
  fields: Record<string, unknown>;
  seed: number;
  tokens: number;
  finish: FinishReason;
  /** where they are known, and asked for: see `Needed` */
  tokenIds?: Int32Array | undefined;
  logprobs?: Float32Array | undefined;
  /** a single turn of the policy's unless given */
  turns?: readonly TurnSpan[] | undefined;
}

/** Score one completion, in a group of its own where the reward looks at groups. Throws and refuses as `askAll`. */
export async function ask(reward: PreparedReward, finished: Finished): Promise<Outcome> {
  return (await askAll(reward, [finished]))[0]!;
}

/**
 * Score completions of one example: those of a group together for a group reward, each by itself for others.
 * Throws only what the reward itself throws; a target that does not fit, or a lack of what the reward needs, is an error outcome.
 */
export async function askAll(reward: PreparedReward, members: readonly Finished[]): Promise<Outcome[]> {
  const { definition, field, judges } = reward;
  const inputs: InputWith<unknown, unknown, Need>[] = [];
  const refuse = (message: string) => members.map((): Outcome => ({ kind: "error", message }));
  for (const finished of members) {
    const target = await definition.target.safeParseAsync(finished.fields[field]);
    if (!target.success) return refuse(targetMessages(field, finished.fields, target.error).join("; "));
    const lacking = definition.needs?.find((need) => need !== "pictures" && { ...finished, judges }[need] === undefined);
    if (lacking !== undefined) return refuse(`needs ${lacking}, which this completion comes without`);
    inputs.push(inputOf(finished, target.data, reward));
  }
  const { range } = definition;
  if (definition.scope === "group") return groupToOutcomes(await definition.score(inputs), members.length, range);
  return Promise.all(
    inputs.map(async (input) => {
      if (definition.scope !== "turn") return toOutcome(await definition.score(input), range);
      const turns = input.turns.filter(({ role }) => role === "policy");
      return turnsToOutcome(await definition.score(input), turns, definition.combine ?? "mean", range);
    }),
  );
}

function inputOf(
  finished: Finished,
  target: unknown,
  { definition: { needs = [], reads = "policy" }, options, judges }: PreparedReward,
): InputWith<unknown, unknown, Need> {
  const { completion, exampleId, fields: example, seed, tokens, finish } = finished;
  const { tokenIds, logprobs } = finished;
  let turns: readonly Turn[] | undefined;
  let tools: readonly ToolUse[] | undefined;
  const given = { tokenIds, logprobs, judges, pictures: needs.includes("pictures") ? picturesOf(example) : [] } as Needed;
  return {
    completion: reads === "all" ? completion : policyText({ completion, turns: turnsOf(finished) }),
    target,
    options,
    example,
    exampleId,
    seed,
    tokens,
    finish,
    get turns() {
      turns ??= turnsOf(finished);
      return turns;
    },
    get tools() {
      tools ??= toolUses(this.turns);
      return tools;
    },
    ...Object.fromEntries(needs.map((need) => [need, given[need]])),
  } as InputWith<unknown, unknown, Need>;
}

/** The completion cut where another role goes on writing. */
export function turnsOf({ completion, tokens, turns }: Finished): readonly Turn[] {
  const spans = turns ?? [{ role: "policy", start: 0, end: completion.length, firstToken: 0, endToken: tokens }];
  return spans.map((span) => ({ ...span, text: completion.slice(span.start, span.end) }));
}

/** The pictures of an example, in the order of its fields; a list of pictures counts one by one. */
export function picturesOf(fields: Record<string, unknown>): Picture[] {
  return Object.values(fields).flatMap((value) => (Array.isArray(value) ? value.filter(isPicture) : isPicture(value) ? [value] : []));
}

export function isPicture(value: unknown): value is Picture {
  if (typeof value !== "object" || value === null) return false;
  const { width, height, data } = value as Partial<Picture>;
  return typeof width === "number" && typeof height === "number" && data instanceof Uint8Array;
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
