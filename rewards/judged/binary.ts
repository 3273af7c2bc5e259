import { z } from "zod";
import { defineReward } from "../define.ts";
import { askFor, judgeOptions } from "../judges/asked.ts";
import { fillQuestion, lastLabelled, WARNING, yesOrNo } from "../judges/question.ts";
import { judgedReward } from "./base.ts";

const QUESTION = `Is the final answer of this response right?

{completion}

${WARNING}
The right answer: {target}

Write your reasons in a few sentences, then a last line: VERDICT: yes or VERDICT: no`;

const Options = z.strictObject({
  ...judgeOptions,
  question: z
    .string()
    .min(1)
    .default(QUESTION)
    .describe("{completion}, {target} and {any_field} are filled in; it has to ask for a line VERDICT: yes or no"),
  votes: z
    .int()
    .min(1)
    .max(99)
    .default(1)
    .describe("answers asked for; the majority counts, so give an odd number, and the judge a temperature"),
});

/**
 * A judge's verdict: 1 for yes, 0 for no, by the majority of `votes`; a tie is no. Range: 0 or 1. Metric: `agreement`, the share of votes
 * with the majority. A judge that fails is a failure, never a 0.
 * Source: a model as judge, Zheng et al. (arXiv:2306.05685).
 */
export const judgeBinary = defineReward({
  name: "judge_binary",
  ...judgedReward,
  options: Options,
  reads: "all",
  examples: [
    { completion: "It is 15.", target: "15", options: { judge: "teacher" }, judge: "It says so.\nVERDICT: yes", score: 1 },
    { completion: "It is 16.", target: "15", options: { judge: "teacher" }, judge: "VERDICT: no", score: 0 },
  ],
  async score(input) {
    const { completion, target, options, example } = input;
    const prompt = fillQuestion(options.question, { completion }, { ...example, target });
    const votes = await Promise.all(Array.from({ length: options.votes }, (_, sample) => askFor(input, prompt, readVerdict, sample)));
    const yes = votes.filter(Boolean).length;
    return { score: 2 * yes > votes.length ? 1 : 0, metrics: { agreement: Math.max(yes, votes.length - yes) / votes.length } };
  },
});

/** `VERDICT: yes` or `no` on the last such line; null without one. */
export const readVerdict = (text: string): boolean | null => yesOrNo(lastLabelled(text, "verdict"));
