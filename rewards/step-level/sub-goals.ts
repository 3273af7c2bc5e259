import { z } from "zod";
import { defineReward } from "../define.ts";
import { TagName, tagBlocks } from "../shaping/tags.ts";

const Phrase = z
  .string()
  .regex(/[\p{L}\p{N}]/u, "expected a phrase with a letter or digit")
  .max(200);

const Options = z.strictObject({
  order: z.enum(["any", "ordered"]).default("any").describe("ordered: a goal counts if it is named after the one before it that counted"),
  within: TagName.optional().describe("look in the last block of this tag alone, such as think"),
});

/**
 * The share of sub-goals that the completion reaches, which is to say names as whole words, in whatever case and spacing.
 *
 * Range [0, 1]. Target: a list of 1 to 100 goals, each a phrase or a list of phrases of which one is enough. With `ordered` a goal that is out
 * of order is not reached, and those after it still can be.
 * Steps: each goal that was reached, `goal/<index>`, 1, where it is named first. Metric: `reached`, how many.
 * It tells that a goal was named, not that it was named sparingly: put a length or step reward beside it.
 * Source: this project; milestones as in GeoSketch, ordered sub-goals as in EMBRACE-3K.
 */
export const subGoals = defineReward({
  name: "sub_goals",
  target: z
    .array(z.union([Phrase, z.array(Phrase).min(1).max(20)]))
    .min(1)
    .max(100),
  field: "goals",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "The red key, then the red door.", target: ["red key", "red door"], score: 1 },
    { completion: "The red key, then the blue door.", target: ["red key", "red door"], score: 1 / 2 },
  ],
  score({ completion, target, options: { order, within } }) {
    const area = within === undefined ? { start: 0, end: completion.length } : tagBlocks(completion, [within]).blocks.at(-1);
    const text = completion.slice(0, area?.end ?? 0);
    let from = area?.start ?? 0;
    const steps = target.flatMap((goal, i) => {
      const place = area === undefined ? null : firstOf(text, typeof goal === "string" ? [goal] : goal, from);
      if (place === null) return [];
      if (order === "ordered") from = place[1];
      return [{ name: `goal/${i}`, start: place[0], end: place[1], score: 1 }];
    });
    return { score: steps.length / target.length, steps, metrics: { reached: steps.length } };
  },
});

/** Where the first of the phrases stands, from `from` on. */
function firstOf(text: string, phrases: string[], from: number): [number, number] | null {
  let first: [number, number] | null = null;
  for (const phrase of phrases) {
    const words = phrase.trim().split(/\s+/).map(escaped);
    const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${words.join("\\s+")}(?![\\p{L}\\p{N}])`, "giu");
    pattern.lastIndex = from;
    const match = pattern.exec(text);
    if (match !== null && (first === null || match.index < first[0])) first = [match.index, match.index + match[0].length];
  }
  return first;
}

function escaped(word: string): string {
  return word.replace(/[\\^$.*+?()[\]{}|/-]/g, (char) => (char === "-" ? "\\x2d" : `\\${char}`));
}
