import { z } from "zod";
import type { Turn, TurnLog } from "../core/types.ts";
import { TagName, tagBlocks, tagMarks } from "./shaping/tags.ts";
import { isObserved, turnsByTag } from "./turns.ts";

/** A tool that the policy called, and what came back. */
export interface ToolUse {
  /** null for a call that can't be read */
  name: string | null;
  /** null where they can't be read */
  arguments: Readonly<Record<string, unknown>> | null;
  /** the characters of the completion that the call takes, its tags included: [start, end) */
  start: number;
  end: number;
  /** index in `turns` of the turn that it stands in */
  turn: number;
  /** what the environment answered, which no policy can write; null where it did not */
  observation: ToolObservation | null;
}

export interface ToolObservation {
  /** index in `turns` of the turn that answered */
  turn: number;
  /** what it said of this call */
  text: string;
  /** the environment says so in its log, or begins with an error */
  failed: boolean;
  log: TurnLog | null;
}

type Call = Pick<ToolUse, "name" | "arguments">;

/** How what stands in a tag is read; a tag that is not here holds a call as JSON. */
const FORMATS = new Map<string, (text: string, tag: string) => Call>([
  ["search", textCall],
  ["action", textCall],
  ["bbox", boxCall],
  ["zoom", boxCall],
]);

export const TOOL_TAGS: readonly string[] = ["tool_call", ...FORMATS.keys()];
export const TOOL_ERRORS: readonly string[] = ["Error", "Execution error", "Tool execution failed"];

export interface ToolReading {
  /** tags that hold calls */
  tags?: readonly string[];
  /** the tag around what answered one call, where there is any */
  response?: string;
  /** an answer that begins like one of these is an error, in whatever case */
  errors?: readonly string[];
}

/**
 * The calls of tools in what the policy wrote, in order, each with its answer.
 *
 *   <tool_call>{"name": "zoom", "arguments": {…}}</tool_call>   as Qwen and Hermes write them
 *   <search>text</search>, <action>text</action>                the tag is the name, arguments { text }
 *   <bbox>[x1, y1, x2, y2]</bbox>, <zoom>[…]</zoom>             the tag is the name, arguments { box }
 *
 * A tag that is opened and not closed before the next of its kind, or that holds something else, is a call that can't be read. What is inside of a
 * call is no call. Answers are the turns of role `observation` before the policy goes on: each of their `<tool_response>` blocks answers one call, and
 * a turn without one answers one too. Of more calls than answers the last ones were answered. Linear in the text; never throws.
 */
export function toolUses(
  turns: readonly Turn[],
  { tags = TOOL_TAGS, response = "tool_response", errors = TOOL_ERRORS }: ToolReading = {},
): ToolUse[] {
  const failures = errors.map((error) => error.toLowerCase());
  const uses: ToolUse[] = [];
  let open: ToolUse[] = [];
  let answers: ToolObservation[] = [];
  const settle = () => {
    const answered = open.slice(Math.max(0, open.length - answers.length));
    for (const [i, use] of answered.entries()) use.observation = answers[i]!;
    [open, answers] = [[], []];
  };
  for (const [index, turn] of turns.entries()) {
    if (turn.role === "observation") answers = answers.concat(observations(turn, index, response, failures));
    if (turn.role !== "policy") continue;
    if (answers.length > 0) settle();
    for (const use of callsOf(turn, index, tags)) {
      uses.push(use);
      open.push(use);
    }
  }
  settle();
  return uses;
}

function callsOf({ text, start: offset }: Turn, turn: number, tags: readonly string[]): ToolUse[] {
  const marks = tagMarks(text, tags);
  const next = nextOfSameName(marks.map(({ name }) => name));
  const uses: ToolUse[] = [];
  for (let i = 0; i < marks.length; i++) {
    const mark = marks[i]!;
    if (mark.closes) continue;
    const close = marks[next[i]!];
    const closed = close?.closes ? close : null;
    const read = FORMATS.get(mark.name) ?? jsonCall;
    const call = closed === null ? { name: null, arguments: null } : read(text.slice(mark.end, closed.start), mark.name);
    uses.push({ ...call, start: offset + mark.start, end: offset + (closed ?? mark).end, turn, observation: null });
    if (closed !== null) i = next[i]!;
  }
  return uses;
}

/** For each name the index of the next one that is the same; the length where there is none. */
function nextOfSameName(names: readonly string[]): number[] {
  const last = new Map<string, number>();
  const next: number[] = Array(names.length).fill(names.length);
  for (let i = names.length - 1; i >= 0; i--) {
    next[i] = last.get(names[i]!) ?? names.length;
    last.set(names[i]!, i);
  }
  return next;
}

/** `{ name, arguments }` in JSON, arguments an object; nulls for anything else. */
export function jsonCall(text: string): Call {
  const value = jsonOf(text);
  if (!isObject(value) || typeof value.name !== "string" || !isObject(value.arguments)) return { name: null, arguments: null };
  return { name: value.name, arguments: value.arguments };
}

function textCall(text: string, name: string): Call {
  return { name, arguments: { text: text.trim() } };
}

function boxCall(text: string, name: string): Call {
  const box = jsonOf(text);
  const isBox = Array.isArray(box) && box.length === 4 && box.every((value) => typeof value === "number");
  return { name, arguments: isBox ? { box } : null };
}

function observations({ text, ...rest }: Turn, turn: number, response: string, failures: readonly string[]): ToolObservation[] {
  const log = rest.log ?? null;
  const blocks = tagBlocks(text, [response]).blocks.map((block) => block.text);
  const said = blocks.length > 0 ? blocks : [text.replace(/^\s*(?:user|tool)\n/, "")];
  return said.map((one) => ({ turn, text: one, failed: hasFailed(one, log, failures), log }));
}

function hasFailed(text: string, log: TurnLog | null, failures: readonly string[]): boolean {
  if (typeof log?.success === "boolean") return !log.success;
  if (log?.error !== undefined && log.error !== null && log.error !== false) return true;
  const start = text.trimStart().slice(0, 200).toLowerCase();
  return failures.some((failure) => start.startsWith(failure));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Who answers calls. Part of the options of rewards that look at answers. */
export const Responses = z
  .enum(["turns", "text"])
  .default("turns")
  .describe("turns: the environment, in turns of its own; text: where there are none, tags in the text, which a policy may write itself");

/** Options of rewards that count calls and what came of them. */
export const toolOptions = {
  call: TagName.default("tool_call").describe("the tag around a call"),
  response: TagName.default("tool_response").describe("the tag around an answer"),
  responses: Responses,
  errors: z
    .array(z.string().regex(/\S/, "expected text that is not blank").max(200))
    .default([...TOOL_ERRORS])
    .describe("an answer that begins like one of these is a call that failed, in whatever case"),
};

/** The turns of a trajectory; with `text` and where nobody but the policy wrote, those that tags make of its text. */
export function answeredTurns(
  { completion, turns }: { completion: string; turns: readonly Turn[] },
  responses: z.infer<typeof Responses>,
  tag = "tool_response",
): readonly Turn[] {
  return responses === "text" && !isObserved(turns) ? turnsByTag(completion, tag) : turns;
}
