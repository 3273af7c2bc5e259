import { z } from "zod";
import { defineReward } from "../define.ts";
import { policyText } from "../turns.ts";
import { countOf, TagName } from "./tags.ts";
import { charsOf } from "./text.ts";

const Options = z.strictObject({
  answer: z
    .enum(["tag", "tag_required", "boxed"])
    .default("tag")
    .describe("where the answer stands: in <answer>, if anywhere; in <answer>, and it must; in one \\boxed{}"),
  think: TagName.default("think").describe("the tag of the thought"),
  max_chars: z.int().min(1).default(999).describe("the longest answer"),
  equal_counts: z
    .array(z.tuple([z.string().min(1), z.string().min(1)]))
    .default([])
    .describe("pairs of texts that must occur equally often, such as the marks around a picture"),
});
type Options = z.infer<typeof Options>;

/**
 * -1 for a completion with a fault in its form, else 0. The target is not read.
 *
 * Faults of tags: `<think>` and `</think>` don't occur equally often; nor does one of the `equal_counts`; after the last `</think>`
 * `<answer>` and `</answer>` don't; the answer is longer than `max_chars`; with tag_required there is none. Faults of boxed: after the last
 * `</think>` there is no `\boxed{`, or more than one. Clean text without any tag has no fault, except where one is required.
 * Source: DeepEyes (arXiv:2505.14362): tag for V* and charts, tag_required for geometry, boxed for ThinkLite.
 */
export const formatPenalty = defineReward({
  name: "format_penalty",
  target: z.unknown(),
  field: "answer",
  range: [-1, 0],
  options: Options,
  examples: [
    { completion: "<think>a</think><answer>b</answer>", score: 0 },
    { completion: "<think>a<answer>b</answer>", score: -1 },
  ],
  score: ({ completion, turns, options }) => {
    const own = policyText({ completion, turns }, "");
    const all = turns.map(({ text }) => text).join("");
    const uneven = options.equal_counts.some(([a, b]) => countOf(all, a) !== countOf(all, b));
    return uneven || faulty(own, options) ? -1 : 0;
  },
});

function faulty(text: string, { answer, think, max_chars }: Options): boolean {
  const close = `</${think}>`;
  const last = text.lastIndexOf(close);
  const rest = last < 0 ? text : text.slice(last + close.length);
  if (answer === "boxed") return countOf(rest, "\\boxed{") !== 1;
  if (countOf(text, `<${think}>`) !== countOf(text, close)) return true;
  if (countOf(rest, "<answer>") !== countOf(rest, "</answer>")) return true;
  const given = answerText(text);
  return (given === null && answer === "tag_required") || charsOf(given ?? text) > max_chars;
}

/** What follows the last `<answer>`, up to `</answer>` if that comes; null without one. */
function answerText(text: string): string | null {
  const start = text.lastIndexOf("<answer>");
  return start < 0 ? null : text.slice(start + "<answer>".length).split("</answer>", 1)[0]!;
}
