import { z } from "zod";
import type { Picture, Role, Turn } from "../../core/types.ts";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { countOf } from "../shaping/tags.ts";
import { cappedToolReward } from "../shaping/tool-success.ts";
import { answeredTurns, Responses } from "../tools.ts";
import { languageOption, likeness, needsEncoder, PictureTarget, rendering, renderOptions } from "./rendered.ts";
import { type ToolCall, toolCalls } from "./tool-calls.ts";

const MAX_TURNS = 16;
const PROBE = { width: 64, height: 64 };

const drawingOptions = {
  ...languageOption,
  tool: z.string().min(1).default("render_and_compare_tool").describe("the tool that renders a draft"),
  argument: z.string().min(1).default("code").describe("its argument with the draft"),
  responses: Responses,
};
interface Trajectory {
  completion: string;
  turns: readonly Turn[];
}
interface ToolOptions {
  language: "svg" | "chart";
  tool: string;
  argument: string;
  responses: z.infer<typeof Responses>;
}

/** What the policy wrote, turn by turn, to the first 16; what others wrote within one, as a chat template does, ends none. */
function policyTurns(input: Trajectory, responses: z.infer<typeof Responses>): string[] {
  const written: string[] = [""];
  for (const { role, text } of answeredTurns(input, responses)) {
    if (role === "observation" && written.at(-1) !== "") written.push("");
    if (role === "policy") written.push(written.pop()! + text);
  }
  return written.slice(0, MAX_TURNS);
}

/** The call of a turn that is `<think>…</think>` and one readable call of the tool; null for anything else, two actions too. */
export function turnCall(turn: string, { tool, argument }: ToolOptions): ToolCall | null {
  const actions = countOf(turn, "<tool_call>") + countOf(turn, "<answer>");
  const call = toolCalls(turn)[0] ?? null;
  if (!thinksFirst(turn) || actions !== 1 || call === null) return null;
  return call.name === tool && typeof call.arguments[argument] === "string" ? call : null;
}

function thinksFirst(turn: string): boolean {
  return /^\s*<think>/.test(turn) && countOf(turn, "<think>") === 1 && countOf(turn, "</think>") === 1;
}

function isFinal(turn: string): boolean {
  return thinksFirst(turn) && lastTag(turn, "answer") !== null && countOf(turn, "<answer>") === 1 && !turn.includes("<tool_call>");
}

/** How many calls draw something, each draft rendered once. */
async function drawnDrafts(input: Trajectory, options: ToolOptions): Promise<number> {
  let drawn = 0;
  for (const turn of policyTurns(input, options.responses)) {
    const code = turnCall(turn, options)?.arguments[options.argument];
    if (typeof code === "string" && (await rendering(code, options.language, PROBE, [])) !== null) drawn++;
  }
  return drawn;
}

/** For the examples. */
const PAGE = "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'></svg>";
const CALL = JSON.stringify({ name: "render_and_compare_tool", arguments: { code: PAGE } });
const DRAFT: [Role, string][] = [
  ["policy", `<think>a</think><tool_call>${CALL}</tool_call>`],
  ["observation", "<tool_response>the bar is too low</tool_response>"],
];
const BLANK = { width: 8, height: 8, data: new Uint8Array(192).fill(255) };

/**
 * 1 where every turn thinks and then does one thing, the last one answers, and what it answers can be rendered; else 0. The target is not read.
 * Source: RRVF (arXiv:2507.20766), R_format; that a failure is 0 and not less is our choice.
 */
export const renderFormat = defineReward({
  name: "render_format",
  version: 2,
  target: z.unknown(),
  field: "image",
  options: z.strictObject(drawingOptions),
  range: [0, 1],
  examples: [
    { completion: [...DRAFT, ["policy", `<think>b</think><answer>${PAGE}</answer>`]], score: 1 },
    { completion: `<answer>${PAGE}</answer>`, score: 0 },
  ],
  async score({ completion, turns: all, options }) {
    const turns = policyTurns({ completion, turns: all }, options.responses);
    const last = turns.pop()!;
    if (!isFinal(last) || !turns.every((turn) => turnCall(turn, options) !== null)) return 0;
    return (await rendering(lastTag(last, "answer") ?? "", options.language, PROBE, [])) === null ? 0 : 1;
  },
});

/**
 * How much a draft was refined: drafts that could be rendered over `cap`, at most 1; 1 as well where the answer's likeness is `early_stop` or more.
 * Drafts are rendered here, whatever a tool is said to have answered; `tool_success` counts answers of any tool and renders nothing.
 * Target: a decoded picture. Returns [0, 1]. Metrics: `drawn`, `likeness`.
 * Source: RRVF (arXiv:2507.20766), R_tool; cap and early stop are our choice.
 */
export const renderToolUse = defineReward({
  name: "render_tool_use",
  version: 2,
  target: PictureTarget,
  field: "image",
  options: z
    .strictObject({
      ...drawingOptions,
      ...renderOptions,
      cap: z.int().min(1).default(2).describe("drafts that are paid"),
      early_stop: z.number().min(0).max(1).default(0.95).describe("the likeness from which on no draft is needed"),
    })
    .refine(needsEncoder, "embedding needs an encoder's folder"),
  range: [0, 1],
  examples: [
    { completion: `<think>b</think><answer>${PAGE}</answer>`, target: BLANK, options: { metric: "l1" }, score: 1 },
    { completion: [...DRAFT, ["policy", "<think>b</think><answer>none</answer>"]], target: BLANK, score: 1 / 2 },
  ],
  async score({ completion, turns, target, options }) {
    const drawn = await drawnDrafts({ completion, turns }, options);
    const like = (await finalLikeness(completion, target, options)) ?? 0;
    const score = cappedToolReward(drawn, { cap: options.cap, enough: options.early_stop }, like);
    return { score, metrics: { drawn, likeness: like } };
  },
});

async function finalLikeness(
  completion: string,
  target: Picture,
  options: Parameters<typeof likeness>[3] & ToolOptions,
): Promise<number | null> {
  return likeness(lastTag(completion, "answer") ?? "", options.language, target, options);
}
