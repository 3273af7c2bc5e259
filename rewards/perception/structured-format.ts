import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { parseJson } from "./written.ts";

/**
 * Whether the named parts are there and hold what they should: `think` and `answer` a JSON list of { label, bbox of four numbers }, `count`
 * an `<answer>` that is { "… count": whole number }. Returns 1 or 0. The target is not read.
 * Source: Artemis (arXiv:2512.01988), R_format.
 */
export const structuredFormat = defineReward({
  name: "structured_format",
  target: z.unknown(),
  field: "proposals",
  options: z.strictObject({
    parts: z
      .array(z.enum(["think", "answer", "count"]))
      .min(1)
      .default(["think", "answer"])
      .describe("what must be there"),
  }),
  range: [0, 1],
  examples: [
    {
      completion: '<think>[{"label": "dog", "bbox": [0, 0, 9, 9]}]</think><answer>[{"label": "dog", "bbox": [0, 0, 9, 9]}]</answer>',
      score: 1,
    },
    { completion: "<think>a dog</think><answer>1</answer>", score: 0 },
  ],
  score: ({ completion, options }) => (options.parts.every((part) => holds(completion, part)) ? 1 : 0),
});

const Labelled = z.array(
  z.union([
    z.object({ label: z.string().min(1), bbox: z.array(z.number()).length(4) }),
    z.object({ label: z.string().min(1), bbox_2d: z.array(z.number()).length(4) }),
  ]),
);

function holds(completion: string, part: "think" | "answer" | "count"): boolean {
  if (part === "count") return answeredCount(completion) !== null;
  const inside = lastTag(completion, part);
  return inside !== null && Labelled.safeParse(parseJson(inside)).success;
}

/** n of `<answer>{"<name> count": n}</answer>`; null without it. */
export function answeredCount(completion: string): number | null {
  const answer = parseJson(lastTag(completion, "answer") ?? "");
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) return null;
  const entry = Object.entries(answer).find(([key]) => /count$/i.test(key));
  const value: unknown = entry?.[1];
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
}
