import { z } from "zod";

export const InformationGainOptions = z.strictObject({
  measure: z
    .enum(["probability", "logprob"])
    .default("probability")
    .describe("probability: of the answer's tokens, by geometric mean; logprob: nats a token"),
  clip: z.number().positive().optional().describe("the largest gain or loss of a step"),
});
export type InformationGainOptions = z.infer<typeof InformationGainOptions>;

/**
 * What each step did for the right answer: how much likelier a policy finds the answer after it than before it.
 *
 * Shapes: `logprobs` [S + 1][T], the logprobs in nats of the answer's T tokens after 0, 1, … S steps. Returns [S]. With l = the mean over T:
 * exp(l) after - exp(l) before, in [-1, 1] (probability), or l after - l before, any number (logprob). The sum of the steps is the gain of
 * the whole. A -Infinity counts as -100 nats, so that differences stay finite; without tokens every gain is 0.
 * Source: IGPO (arXiv:2510.14967), turn-level rewards; the second measure is the same on the scale of logprobs.
 */
export function informationGain(logprobs: readonly (readonly number[])[], { measure, clip }: InformationGainOptions): number[] {
  const levels = logprobs.map((row) => {
    const mean = row.length === 0 ? 0 : row.reduce((sum, one) => sum + Math.max(one, -100), 0) / row.length;
    return measure === "probability" ? Math.exp(mean) : mean;
  });
  const limit = clip ?? Number.POSITIVE_INFINITY;
  return levels.slice(1).map((level, i) => Math.max(-limit, Math.min(limit, level - levels[i]!)));
}
