import { z } from "zod";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { boxOptions, NO_PICTURE, type ReadBox, readBoxes } from "./box-reading.ts";

const Target = z.object({
  answer: z.string().regex(/\S/, "expected text that is not blank"),
  boxes: z.array(z.object({ box: Box, salience: z.number().min(0).default(1) })).max(64),
  options: z.array(z.string().min(1)).max(26).default([]),
});

interface Trace {
  thought: string;
  boxes: ReadBox[];
  target: z.infer<typeof Target>;
}

const HEURISTICS = {
  /** a box of the most salient target */
  locate_then_answer({ boxes, target }: Trace): boolean {
    const top = [...target.boxes].sort((a, b) => b.salience - a.salience)[0];
    return top !== undefined && boxes.some(({ box }) => box !== null && intersectionOverUnion(box, top.box) >= 0.5);
  },
  /** two options or more named in a sentence that rules out */
  elimination({ thought, target }: Trace): boolean {
    const ruling = thought
      .toLowerCase()
      .split(/[.;\n]/)
      .filter((line) => /\b(?:not|rule|ruled|eliminate|eliminated|isn't|cannot)\b/.test(line));
    const named = target.options.filter((option) => ruling.some((line) => line.includes(option.toLowerCase())));
    return named.length >= 2;
  },
  /** two boxes or more, and a comparison */
  compare({ thought, boxes }: Trace): boolean {
    return boxes.filter(({ box }) => box !== null).length >= 2 && /\b(?:than|whereas|compared|both|unlike|larger|smaller)\b/i.test(thought);
  },
  /** a box looked at again */
  verify({ thought, boxes }: Trace): boolean {
    if (!/\b(?:check|verify|confirm|again)\b/i.test(thought)) return false;
    return boxes.some(({ box }, i) =>
      boxes.slice(0, i).some((one) => box !== null && one.box !== null && intersectionOverUnion(box, one.box) >= 0.5),
    );
  },
};
const NAMES = ["locate_then_answer", "elimination", "compare", "verify"] as const;

/** The best of the heuristics' scores where the answer is right, else 0: ways of reasoning are equally good, none pays by itself. */
export function bestHeuristic(scores: readonly number[], right: boolean): number {
  return right ? Math.max(0, ...scores) : 0;
}

/**
 * Whether the thinking follows one of several sound ways, paid only where the answer is right: the largest of the named heuristics, each 1
 * or 0 by a rule over the text and its boxes. Several ways are worth no more than one.
 * Target: { answer, boxes: list of { box [4], salience }, options }. Units: see `coordinates`. Returns 0 or 1; 0 for a wrong answer.
 * Metrics: one of each heuristic. Source: GRiP (arXiv:2511.22172), its multi-heuristic reward; the rules are ours, theirs are not published.
 */
export const heuristicsMax = defineReward({
  name: "heuristics_max",
  target: Target,
  field: "grounded",
  options: z.strictObject({
    heuristics: z
      .array(z.enum(NAMES))
      .min(1)
      .default([...NAMES])
      .describe("the ways of thinking that count"),
    ...boxOptions,
  }),
  range: [0, 1],
  examples: [
    { completion: "It is at <box>0,0,10,10</box>.<answer>B</answer>", target: { answer: "B", boxes: [{ box: [0, 0, 10, 10] }] }, score: 1 },
    { completion: "It is at <box>0,0,10,10</box>.<answer>A</answer>", target: { answer: "B", boxes: [{ box: [0, 0, 10, 10] }] }, score: 0 },
  ],
  score(input) {
    const { completion, target, options } = input;
    const answer = lastTag(completion, "answer");
    const thought = answer === null ? completion : completion.slice(0, completion.lastIndexOf("<answer>"));
    const read = readBoxes({ ...input, completion: thought });
    if (read === null) return NO_PICTURE;
    const right = answer !== null && answer.trim().toLowerCase() === target.answer.trim().toLowerCase();
    const scores = options.heuristics.map((name) => (HEURISTICS[name]({ thought, boxes: read.first, target }) ? 1 : 0));
    return {
      score: bestHeuristic(scores, right),
      metrics: Object.fromEntries(options.heuristics.map((name, i) => [name, scores[i]!])),
    };
  },
});
