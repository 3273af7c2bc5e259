import { z } from "zod";
import { defineReward } from "../define.ts";
import { firstAnswer, hasCanonicalBox } from "./grounding-patterns.ts";

/**
 * Half for a reply that starts with `<think>…</think>`, white space, `<answer>…</answer>`; half for an answer that holds a box spelt
 * `(x1,y1),(x2,y2)` in whole numbers. Returns 0, 0.5 or 1. The target is not read.
 * `quirk: no_box_format` never pays the second half, as the authors' released code does by a slip.
 * Source: DeepPerception (arXiv:2503.12797).
 */
export const thinkBoxFormat = defineReward({
  name: "think_box_format",
  target: z.unknown(),
  field: "box",
  options: z.strictObject({
    quirk: z
      .enum(["none", "no_box_format"])
      .default("none")
      .describe("no_box_format: never pay the second half, as the authors' code does by a slip"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<think>a</think><answer>(1,2),(3,4)</answer>", score: 1 },
    { completion: "<think>a</think><answer>[1, 2, 3, 4]</answer>", score: 0.5 },
  ],
  score({ completion, options }) {
    const box = options.quirk === "none" && hasCanonicalBox(firstAnswer(completion) ?? "");
    return (startsWithTags(completion) ? 0.5 : 0) + (box ? 0.5 : 0);
  },
});

function startsWithTags(text: string): boolean {
  const close = text.indexOf("</think>");
  if (!text.startsWith("<think>") || close < 0) return false;
  const rest = text.slice(close + "</think>".length).trimStart();
  return rest.startsWith("<answer>") && rest.includes("</answer>");
}
