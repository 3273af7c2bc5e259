import { z } from "zod";
import type { StepScore } from "../../core/types.ts";
import { defineReward } from "../define.ts";
import { plainNumber } from "../parse.ts";
import { TagName, tagBlocks, tagMarks } from "../shaping/tags.ts";

/**
 * The progress from frame i to frame j of a successful run of frames 1 … T: the share of what remained at the earlier one, in percent, negative
 * where time runs backwards. 0 for i = j. Source: VLAC (arXiv:2509.15937), pair labels.
 */
export function pairProgress(i: number, j: number, frames: number): number {
  if (i === j) return 0;
  const earlier = Math.min(i, j);
  return (100 * (j - i)) / (frames - earlier);
}

/**
 * Values in percent from a critic's pairwise scores. Shapes: `critics` [S] in [-100, 100], returns [S + 1] from 0 on.
 *
 * Gains take their share of what remains: v + (100 - v) c / 100. So do losses in `simple`; in `division` a loss undoes the gain of the same
 * size, max(10, 100 - max(100 - v, 1) / (100 + c) * 100); `mix` divides above 50 and takes the share of v below. c is -99 at least.
 * Source: VLAC (arXiv:2509.15937), value recursion, as released (`mix_f`).
 */
export function progressValues(critics: readonly number[], mode: "simple" | "mix" | "division" = "mix"): number[] {
  const values = [0];
  for (const critic of critics) {
    const v = values.at(-1)!;
    const c = Math.max(-99, critic);
    if (c >= 0 || mode === "simple") values.push(v + ((100 - v) * c) / 100);
    else if (mode === "mix" && v <= 50) values.push(v + (v * c) / 100);
    else values.push(Math.max(10, 100 - (Math.max(100 - v, 1) / (100 + c)) * 100));
  }
  return values;
}

/**
 * Rewards of steps from how far along each state is: gamma * after - before, which leaves the best policy what it is.
 * Shapes: `values` [S + 1], returns [S]. Source: Ng, Harada and Russell 1999, potential-based shaping.
 */
export function progressDeltas(values: readonly number[], gamma = 1): number[] {
  return values.slice(1).map((after, i) => gamma * after - values[i]!);
}

const Options = z.strictObject({
  tag: TagName.default("score").describe("the tag around each number"),
  tolerance: z.number().positive().default(20).describe("a number that is off by this much is worth nothing"),
});

/**
 * How well the completion tells the progress of each step: the mean over the steps of max(0, 1 - |given - true| / tolerance), 0 where the sign is
 * wrong. Range [0, 1]; 0 without numbers. The i-th `<score>` is the i-th step's; further ones count as steps that are wrong, and so does what is
 * no plain decimal number.
 *
 * Target: a list of 1 to 1000 numbers in [-100, 100], percent. Steps: each number, its part. Metric: `sign`, the share of right signs.
 * Source: this project, on the labels of VLAC (arXiv:2509.15937).
 */
export const progress = defineReward({
  name: "progress",
  target: z.array(z.number().min(-100).max(100)).min(1).max(1000),
  field: "progress",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "<score>20</score><score>50</score>", target: [20, 50], score: 1 },
    { completion: "<score>20</score><score>40</score>", target: [20, 50], score: (1 + 10 / 20) / 2 },
  ],
  score({ completion, target, options: { tag, tolerance } }) {
    const { blocks } = tagBlocks(completion, [tag]);
    const given = tagMarks(completion, [tag]).filter(({ closes }) => !closes).length;
    const steps: StepScore[] = blocks.map(({ text, start, end }, i) => ({
      name: `step/${i}`,
      start,
      end,
      score: i < target.length ? agreement(plainNumber(text), target[i]!, tolerance) : 0,
    }));
    const count = Math.max(target.length, given);
    const signs = target.filter((value, i) => sameSign(plainNumber(blocks[i]?.text ?? ""), value)).length;
    return {
      score: steps.reduce((sum, { score }) => sum + score, 0) / count,
      steps,
      metrics: { sign: signs / target.length },
    };
  },
});

function sameSign(given: string | null, value: number): boolean {
  return given !== null && Math.sign(Number(given)) === Math.sign(value);
}

function agreement(given: string | null, value: number, tolerance: number): number {
  if (!sameSign(given, value)) return 0;
  return Math.max(0, 1 - Math.abs(Number(given) - value) / tolerance);
}
