import { z } from "zod";
import { defineReward } from "../define.ts";
import { askFor, judgeOptions } from "../judges/asked.ts";
import { fillQuestion, lastLabelled, WARNING, yesOrNo } from "../judges/question.ts";
import { judgedReward } from "./base.ts";

const Criterion = z.strictObject({
  ask: z.string().min(1).describe("what is true of a good response"),
  weight: z.number().gt(0).default(1).describe("its share of the score, beside the others"),
});

const Options = z.strictObject({
  ...judgeOptions,
  criteria: z.array(Criterion).min(1).max(50).describe("what is asked of a response, each with its weight"),
});

/**
 * The share of a rubric's weight that a response meets, each criterion judged yes or no in one question: in [0, 1]. Metrics:
 * `criterion_1`, `criterion_2`, … Source: Rubrics as Rewards (arXiv:2507.17746), explicit aggregation.
 */
export const judgeRubric = defineReward({
  name: "judge_rubric",
  ...judgedReward,
  options: Options,
  reads: "all",
  examples: [
    {
      completion: "15, please.",
      options: { judge: "teacher", criteria: [{ ask: "It is short." }, { ask: "It is polite." }] },
      judge: "1: yes\n2: yes",
      score: 1,
    },
    {
      completion: "15",
      options: { judge: "teacher", criteria: [{ ask: "It is short.", weight: 3 }, { ask: "It is polite." }] },
      judge: "1: yes\n2: no",
      score: 3 / 4,
    },
  ],
  async score(input) {
    const { completion, target, options, example } = input;
    const { criteria } = options;
    const list = criteria.map(({ ask }, i) => `${i + 1}. ${ask}`).join("\n");
    const question = `Which of these are true of the response?\n\n${list}\n\n{completion}\n\n${WARNING}\n\nAnswer with one line for each: its number, a colon, and yes or no.`;
    const prompt = fillQuestion(question, { completion }, { ...example, target });
    const met = await askFor(input, prompt, (text) => readRubric(text, criteria.length));
    const total = criteria.reduce((sum, { weight }) => sum + weight, 0);
    const reached = criteria.reduce((sum, { weight }, i) => sum + (met[i] ? weight : 0), 0);
    return { score: reached / total, metrics: Object.fromEntries(met.map((yes, i) => [`criterion_${i + 1}`, yes ? 1 : 0])) };
  },
});

/** One yes or no a criterion; null where one is missing. */
export function readRubric(text: string, count: number): boolean[] | null {
  const read = Array.from({ length: count }, (_, i) => yesOrNo(lastLabelled(text, String(i + 1))));
  return read.includes(null) ? null : (read as boolean[]);
}
