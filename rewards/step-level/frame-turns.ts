import { tagBlocks } from "../shaping/tags.ts";
import { actionReader } from "./action-template.ts";

export type FrameAction =
  | { kind: "choose"; from: number; to: number }
  | { kind: "time"; time: string; frame: number | null }
  | { kind: "answer"; answer: string };

export interface FrameTurn {
  action: FrameAction;
  /** the whole numbers of the turn's thought that stand alone; those beside a colon are times */
  thought: number[];
  /** the characters of the action: [start, end) */
  start: number;
  end: number;
}

const choose = actionReader("choose frames between {int} and {int}");
const time = actionReader("get frame number at time {time}");

/**
 * Turns of `<think>…</think><action>…</action>`, each action one of `choose frames between S and E`, `get frame number at time MM:SS` and, last of
 * all, `output answer: X`. What is told after a time, `is: N`, is its frame; `told` gives what was told between two places of the text. Null for
 * anything else: another count of thoughts than of actions, another action, an answer before the end or none. Linear; never throws.
 * Source: FrameThinker (ICLR 2026).
 */
export function parseFrameTurns(text: string, told: (start: number, end: number) => string): FrameTurn[] | null {
  const { blocks, paired } = tagBlocks(text, ["think", "action"]);
  const thoughts = blocks.filter(({ name }) => name === "think");
  const actions = blocks.filter(({ name }) => name === "action");
  if (!paired || actions.length === 0 || thoughts.length !== actions.length) return null;
  const turns: FrameTurn[] = [];
  for (const [i, { text: said, start, end }] of actions.entries()) {
    const action = parseAction(said, told(end, actions[i + 1]?.start ?? text.length));
    if (action === null || (action.kind === "answer") !== (i === actions.length - 1)) return null;
    turns.push({ action, thought: freeIntegers(thoughts[i]!.text), start, end });
  }
  return turns;
}

function parseAction(said: string, after: string): FrameAction | null {
  const answer = /output answer:\s{0,8}(\S{1,500})/i.exec(said);
  if (answer !== null) return { kind: "answer", answer: answer[1]! };
  const range = choose(said);
  if (range !== null) return { kind: "choose", from: Number(range[0]), to: Number(range[1]) };
  const at = time(said);
  if (at === null) return null;
  const told = /is:\s{0,8}([0-9]{1,15})/.exec(after);
  return { kind: "time", time: at[0]!, frame: told === null ? null : Number(told[1]) };
}

function freeIntegers(text: string): number[] {
  return [...text.matchAll(/(?<![\p{L}\p{N}:.])[0-9]+(?![\p{L}\p{N}:]|\.[0-9])/gu)].map(([digits]) => Number(digits));
}
