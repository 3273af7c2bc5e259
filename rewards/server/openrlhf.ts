import { z } from "zod";
import { defineRoute, labelFields } from "./define.ts";

/**
 * OpenRLHF's `--reward.remote_url`: one post a sample, lists of length one, answered with plain numbers. Where several servers are given,
 * all but one get empty lists. A query is prompt and completion in one text.
 * Source: openrlhf/utils/remote_rm_utils.py, 0.11.
 */
export const openrlhf = defineRoute({
  name: "openrlhf",
  speaks: "OpenRLHF 0.11, --reward.remote_url",
  body: z
    .object({ query: z.array(z.string()), prompts: z.array(z.string()).default([]), labels: z.array(z.unknown()).default([]) })
    .refine(({ query, prompts }) => prompts.length === 0 || prompts.length === query.length, "prompts and query differ in length")
    .refine(({ query, labels }) => labels.length === 0 || labels.length === query.length, "labels and query differ in length"),
  asked: ({ query, prompts, labels }, { labelField }) =>
    query.map((text, i) => {
      const prompt = prompts[i] ?? "";
      const completion = text.startsWith(prompt) ? text.slice(prompt.length) : text;
      return { completion, fields: { prompt, ...(labels.length === 0 ? {} : labelFields(labels[i], labelField)) } };
    }),
  groups: false,
  skips: false,
  reply(answers) {
    const rewards = answers.map(({ reward }) => reward);
    // `scores` are what its dynamic filtering compares with bounds between 0 and 1
    const scores = rewards.map((reward) => Math.min(1, Math.max(0, reward ?? 0)));
    const [only] = answers;
    if (answers.length !== 1 || only === undefined) return { rewards, scores, extra_logs: {} };
    return { rewards: rewards[0], scores: scores[0], extra_logs: only.scores };
  },
});
