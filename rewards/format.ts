import { z } from "zod";
import { defineReward } from "./define.ts";

const ORDER = "<think></think><answer></answer>";

/**
 * Whether the completion is exactly `<think>…</think><answer>…</answer>`: each of the four tags once and in that order, neither
 * part blank, and nothing but whitespace around and between them. Returns 1 or 0. The target is not read. It is `tag_format` with its defaults.
 * Source: the format reward of DeepSeek-R1 (arXiv:2501.12948), made strict.
 */
export const format = defineReward({
  name: "format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  examples: [
    { completion: "<think>a</think>\n<answer>b</answer>", score: 1 },
    { completion: "So <think>a</think><answer>b</answer>", score: 0 },
  ],
  score: ({ completion }) => (wellFormed(completion) ? 1 : 0),
});

function wellFormed(text: string): boolean {
  if ((text.match(/<\/?(?:think|answer)>/g) ?? []).join("") !== ORDER) return false;
  const [before, thought, between, answer, after] = text.split(/<\/?(?:think|answer)>/);
  return [before, between, after].every(blank) && ![thought, answer].some(blank);
}

function blank(text = ""): boolean {
  return text.trim() === "";
}
