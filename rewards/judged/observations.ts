import { z } from "zod";
import { defineReward } from "../define.ts";
import { askFor, judgeOptions } from "../judges/asked.ts";
import { fillQuestion, lastLabelled, WARNING } from "../judges/question.ts";
import { type Observations, parseObservations } from "../step-level/observations.ts";
import { readVerdict } from "./binary.ts";

const TRUE = `What a video shows:

{target}

Somebody looked for this:

{action}

and says to have seen this:

{observation}

${WARNING}
Is what they say to have seen true to what the video shows?

Write your reasons in a few sentences, then a last line: VERDICT: yes or VERDICT: no`;

const most = z.int().min(1).max(256).default(32).describe("so many observations are judged; those beyond count as untrue");

const PAIR = "<action>look</action><observation>a cat</observation>";

/**
 * The share of observations that a judge finds true: pairs of `<action>…</action><observation>…</observation>`, each held against the text of
 * what there was to see.
 *
 * Target: that text, such as a detailed caption. Returns [0, 1]; 0 without a pair, and nobody is asked then. Steps: each pair, from the action
 * to the end of its observation, 1 or 0. Source: ReWatch-R1 (ICLR 2026), r_obs.
 */
export const judgeObservations = defineReward({
  name: "judge_observations",
  target: z.string().regex(/\S/, "expected text that is not blank"),
  field: "caption",
  options: z.strictObject({
    ...judgeOptions,
    question: z
      .string()
      .min(1)
      .default(TRUE)
      .describe("{action}, {observation}, {target} and {any_field} are filled in; it has to ask for a line VERDICT: yes or no"),
    most,
  }),
  range: [0, 1],
  needs: ["judges", "pictures"],
  examples: [{ completion: PAIR, target: "A cat sleeps.", options: { judge: "teacher" }, judge: "VERDICT: yes", score: 1 }],
  async score(input) {
    const { completion, target, options, example } = input;
    const { pairs } = parseObservations(completion);
    const verdicts = await Promise.all(
      pairs.slice(0, options.most).map(({ action, observation }) => {
        const written = { action: action.text, observation: observation.text };
        return askFor(input, fillQuestion(options.question, written, { ...example, target }), readVerdict);
      }),
    );
    const steps = pairs.map(({ action, observation }, i) => {
      return { name: `observation/${i}`, start: action.start, end: observation.end, score: verdicts[i] ? 1 : 0 };
    });
    return { score: pairs.length === 0 ? 0 : verdicts.filter(Boolean).length / pairs.length, steps };
  },
});

const SOLVE = `The question: {question}

All that is known is what somebody did and saw:

{observations}

${WARNING}
Answer the question from this alone. Write your reasons in a few sentences, then a last line: ANSWER: and the answer`;

const RIGHT = `The question: {question}

The right answer: {target}

Somebody answered:

{answer}

${WARNING}
Is that right?

Write your reasons in a few sentences, then a last line: VERDICT: yes or VERDICT: no`;

/**
 * Whether what was observed suffices: a judge answers the question from the pairs of action and observation alone, and is then asked whether
 * that answer is right. Thoughts and the completion's own answer are not shown.
 *
 * Target: the right answer. Returns 1 or 0; 0 without a pair, and nobody is asked then. Source: ReWatch-R1 (ICLR 2026), r_rea.
 */
export const judgeSufficiency = defineReward({
  name: "judge_sufficiency",
  target: z.union([z.string().min(1), z.number()]),
  field: "answer",
  options: z.strictObject({
    ...judgeOptions,
    question: z
      .string()
      .min(1)
      .default(SOLVE)
      .describe("{observations}, {question} and {any_field} are filled in; it has to ask for a line ANSWER:"),
    check: z
      .string()
      .min(1)
      .default(RIGHT)
      .describe("{answer} to that, {target} and {any_field} are filled in; it has to ask for a line VERDICT: yes or no"),
    most,
  }),
  range: [0, 1],
  needs: ["judges", "pictures"],
  examples: [
    {
      completion: PAIR,
      target: "a cat",
      fields: { question: "Who sleeps?" },
      options: { judge: "teacher" },
      judge: "ANSWER: a cat\nVERDICT: yes",
      score: 1,
    },
  ],
  async score(input) {
    const { completion, target, options, example } = input;
    const { pairs } = parseObservations(completion);
    if (pairs.length === 0) return 0;
    const observations = told(pairs.slice(0, options.most));
    const said = await askFor(input, fillQuestion(options.question, { observations }, example), (text) => lastLabelled(text, "answer"));
    return (await askFor(input, fillQuestion(options.check, { answer: said }, { ...example, target }), readVerdict)) ? 1 : 0;
  },
});

function told(pairs: Observations["pairs"]): string {
  return pairs.map(({ action, observation }, i) => `${i + 1}. ${action.text.trim()}\n   ${observation.text.trim()}`).join("\n");
}
