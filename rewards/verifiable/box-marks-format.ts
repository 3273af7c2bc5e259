import { z } from "zod";
import { defineReward } from "../define.ts";

const ORDER = "<think></think><answer></answer>";
const TAGS = /<\/?(?:think|answer)>/gi;
const [BEGIN, END] = ["<|begin_of_box|>", "<|end_of_box|>"];

/**
 * Whether the completion is exactly `<think>…</think><answer>…</answer>`, tags in upper or lower case, with one
 * `<|begin_of_box|>…<|end_of_box|>` in the answer, no `\boxed{` in it, and no second tag anywhere. Returns 1 or 0. The target is not read.
 * With `language_mix: true` a text also fails where one paragraph is Chinese (50 characters or more, above 80 % of its length) and another
 * English (200 words or more, above 70 % of its tokens).
 * Source: GLM-4.1V-Thinking (arXiv:2507.01006), its gates before every verifier.
 */
export const boxMarksFormat = defineReward({
  name: "box_marks_format",
  target: z.unknown(),
  field: "answer",
  options: z.strictObject({ language_mix: z.boolean().default(true).describe("refuse paragraphs of two languages") }),
  score: ({ completion, options }) => (wellFormed(completion) && !(options.language_mix && mixed(completion)) ? 1 : 0),
});

function wellFormed(text: string): boolean {
  if ((text.match(TAGS) ?? []).join("").toLowerCase() !== ORDER) return false;
  const [before, , between, answer = "", after] = text.split(TAGS);
  if ([before, between, after].some((part = "") => part.trim() !== "")) return false;
  const [begin, end] = [answer.indexOf(BEGIN), answer.indexOf(END)];
  const once = begin >= 0 && begin === answer.lastIndexOf(BEGIN) && end === answer.lastIndexOf(END) && begin < end;
  return once && !answer.includes("\\boxed{");
}

function mixed(text: string): boolean {
  const paragraphs = text.split(/\n\s{0,99}\n/);
  return paragraphs.some(isChinese) && paragraphs.some(isEnglish);
}

function isChinese(paragraph: string): boolean {
  const characters = paragraph.match(/\p{Script=Han}/gu)?.length ?? 0;
  return characters >= 50 && characters > 0.8 * paragraph.length;
}

function isEnglish(paragraph: string): boolean {
  const words = paragraph.match(/(?<![A-Za-z])[A-Za-z]{2,}(?![A-Za-z])/g)?.length ?? 0;
  return words >= 200 && words > 0.7 * paragraph.split(/\s/).filter(Boolean).length;
}
