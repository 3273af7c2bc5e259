import { z } from "zod";
import { defineReward } from "../define.ts";

const Options = z.strictObject({
  chinese_chars: z.int().min(1).default(50).describe("a Chinese paragraph has at least so many Han characters"),
  chinese_share: z.number().min(0).max(1).default(0.8).describe("and they are more than this share of its characters"),
  english_words: z.int().min(1).default(200).describe("an English paragraph has at least so many words of two letters or more"),
  english_share: z.number().min(0).max(1).default(0.7).describe("and they are more than this share of its words"),
});
type Options = z.infer<typeof Options>;

/**
 * Whether the completion keeps to one language: 0 if one paragraph is Chinese and another one English, else 1. Blank lines part paragraphs;
 * words are what whitespace separates, and one is English if it is of ASCII letters but for punctuation at its ends. The target is not read.
 * Made as a gate: a completion without words passes. Source: the language gate of GLM-4.1V-Thinking (arXiv:2507.01006).
 */
export const languageMix = defineReward({
  name: "language_mix",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "One language.\n\nThe same language.", score: 1 },
    { completion: "你好\n\nhello there", options: { chinese_chars: 2, english_words: 2 }, score: 0 },
  ],
  score({ completion, options }) {
    const paragraphs = paragraphsOf(completion);
    return paragraphs.some((text) => isChinese(text, options)) && paragraphs.some((text) => isEnglish(text, options)) ? 0 : 1;
  },
});

function paragraphsOf(text: string): string[] {
  const paragraphs: string[][] = [[]];
  for (const line of text.split("\n")) {
    if (line.trim() === "") paragraphs.push([]);
    else paragraphs.at(-1)!.push(line);
  }
  return paragraphs.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
}

function isChinese(text: string, { chinese_chars, chinese_share }: Options): boolean {
  const count = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  return count >= chinese_chars && count > chinese_share * text.length;
}

function isEnglish(text: string, { english_words, english_share }: Options): boolean {
  const words = text.split(/\s+/).filter(Boolean);
  const count = words.filter((word) => /^[^A-Za-z]?[A-Za-z]{2,}[^A-Za-z]?$/.test(word)).length;
  return count >= english_words && count > english_share * words.length;
}
