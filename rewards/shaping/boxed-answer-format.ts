import { z } from "zod";
import { defineReward } from "../define.ts";
import { countOf } from "./tags.ts";

const BEGIN = "<|begin_of_box|>";
const END = "<|end_of_box|>";
const ORDER = "<think></think><answer></answer>";

const Options = z.strictObject({
  box: z.enum(["required", "optional"]).default("required").describe("whether the answer must hold a box"),
});

/**
 * Whether the completion is `<think>…</think><answer>… <|begin_of_box|>…<|end_of_box|> …</answer>`: 1 or 0. The target is not read.
 *
 * Each tag once, in order and in whatever case; only whitespace between the parts and none but at the ends of the text; no `\boxed{` in the
 * answer; its box begins and ends once, in that order. With `optional` a box may lack. Parts may be blank, as there.
 * Its gate against two languages is `language_mix`. Source: the format gate of GLM-4.1V-Thinking (arXiv:2507.01006), strict extraction.
 */
export const boxedAnswerFormat = defineReward({
  name: "boxed_answer_format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "<think>a</think><answer>It is <|begin_of_box|>3<|end_of_box|>.</answer>", score: 1 },
    { completion: "<think>a</think><answer>It is 3.</answer>", score: 0 },
  ],
  score: ({ completion, options }) => (wellFormed(completion.trim(), options.box === "required") ? 1 : 0),
});

/** Also for the target, which must pass the same gate where it is a whole reply. */
export function wellFormed(text: string, boxRequired: boolean): boolean {
  const tags = /<\/?(?:think|answer)>/gi;
  if ((text.match(tags) ?? []).join("").toLowerCase() !== ORDER) return false;
  const [before, , between, answer = "", after] = text.split(tags);
  if (before !== "" || between?.trim() !== "" || after !== "" || answer.includes("\\boxed{")) return false;
  const [begins, ends] = [countOf(answer, BEGIN), countOf(answer, END)];
  if (begins > 1 || ends > 1) return false;
  if (begins === 0 && ends === 0) return !boxRequired;
  return begins === ends && answer.indexOf(BEGIN) < answer.indexOf(END);
}
