import { z } from "zod";
import type { StepScore } from "../../core/types.ts";
import type { Step } from "./find-steps.ts";

export const ProcessOptions = z.strictObject({
  aggregate: z
    .enum(["mean", "min", "product", "last", "prefix"])
    .default("mean")
    .describe("of the verdicts: their mean, least, product, last; or the share of steps before the first under `pass`"),
  pass: z.number().min(0).max(1).default(0.5).describe("a verdict under this is an error"),
  none: z.number().min(0).max(1).default(0).describe("the score of a completion without steps"),
});
export type ProcessOptions = z.infer<typeof ProcessOptions>;

/**
 * A judge's verdicts on the steps of a completion, as a score and as credit for each step.
 *
 * Shapes: `verdicts` [S] in [0, 1], one for each of the `steps` [S]. Range [0, 1].
 * Null where there is a verdict for more or fewer steps, or one that is no number in [0, 1]: the judge failed, and that is no low score.
 * Source: Let's Verify Step by Step (arXiv:2305.20050) for product and min; PURE (arXiv:2504.15275) for min.
 */
export function processReward(
  steps: readonly Step[],
  verdicts: readonly number[],
  { aggregate, pass, none }: ProcessOptions,
): { score: number; steps: StepScore[]; metrics: { first_error: number } } | null {
  if (verdicts.length !== steps.length || !verdicts.every((verdict) => verdict >= 0 && verdict <= 1)) return null;
  const wrong = verdicts.findIndex((verdict) => verdict < pass);
  const right = (wrong < 0 ? verdicts.length : wrong) / Math.max(1, verdicts.length);
  const scores = {
    mean: verdicts.reduce((sum, verdict) => sum + verdict, 0) / Math.max(1, verdicts.length),
    min: Math.min(1, ...verdicts),
    product: verdicts.reduce((product, verdict) => product * verdict, 1),
    last: verdicts.at(-1) ?? 0,
    prefix: right,
  };
  return {
    score: steps.length === 0 ? none : scores[aggregate],
    steps: steps.map(({ start, end }, i) => ({ name: `step/${i}`, start, end, score: verdicts[i]! })),
    metrics: { first_error: steps.length === 0 ? 1 : right },
  };
}

/** What a judge is asked to end with: `[1, 0, 0.5]`, a number for each step. */
const Verdicts = z.array(z.union([z.number().min(0).max(1), z.boolean().transform(Number)]));

/**
 * The verdicts of a judge's reply: the last `[…]` without brackets inside, as JSON, of numbers in [0, 1] or true and false. Null where there
 * is none, where it holds something else, or not `count` of them. Never throws; linear.
 */
export function parseVerdicts(reply: string, count: number): number[] | null {
  const close = reply.lastIndexOf("]");
  const open = close < 0 ? -1 : reply.lastIndexOf("[", close);
  if (open < 0) return null;
  try {
    const { data } = Verdicts.safeParse(JSON.parse(reply.slice(open, close + 1)));
    return data?.length === count ? data : null;
  } catch {
    return null;
  }
}
