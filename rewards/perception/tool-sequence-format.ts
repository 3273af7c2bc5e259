import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { occurrences } from "./tool-calls.ts";

/** Whether the answer is shorter than the limit: a longer one is not judged, as it may hold every answer at once. */
export function shortAnswer(completion: string, limit: number): boolean {
  return (lastTag(completion, "answer") ?? "").length < limit;
}

/**
 * Whether thinking, calls and the one answer come in the order asked for: `<think>`, then `<tool_call>` and `<think>` as often as a tool is
 * called, then `<answer>`, in what the policy wrote; every tag closed, nothing before the first and nothing behind the last, and nothing else where no tool is called.
 * Returns 1 or 0; 0 for an answer of `max_answer_chars` or more. The target is not read. Source: LongVT (arXiv:2511.20785), R_format.
 */
export const toolSequenceFormat = defineReward({
  name: "tool_sequence_format",
  target: z.unknown(),
  field: "answer",
  options: z.strictObject({ max_answer_chars: z.int().min(1).default(1000).describe("from this many characters on an answer is refused") }),
  score: ({ completion, options }) => (inOrder(completion.trim()) && shortAnswer(completion, options.max_answer_chars) ? 1 : 0),
});

function inOrder(text: string): boolean {
  const closed = (tag: string) => occurrences(text, `<${tag}>`) === occurrences(text, `</${tag}>`);
  if (!["think", "tool_call", "answer"].every(closed) || occurrences(text, "<answer>") !== 1) return false;
  if (!text.startsWith("<think>") || !text.endsWith("</answer>")) return false;
  const opened = (text.match(/<(?:think|tool_call|answer)>/g) ?? []).join("");
  const calls = occurrences(text, "<tool_call>");
  if (opened !== `<think>${"<tool_call><think>".repeat(calls)}<answer>`) return false;
  return calls > 0 || /^\s*$/.test(text.slice(text.indexOf("</think>") + "</think>".length, text.indexOf("<answer>")));
}
