import { z } from "zod";
import { episode } from "../turns.ts";
import { Chat, chatTurns } from "./chat.ts";
import { defineRoute } from "./define.ts";

/**
 * What TRL hands a reward function, which the generated Python file posts: completions as texts or as chats (tools and their answers among them), and every column of the
 * dataset as a list of the same length. The answer is a list with null for what has no reward, as TRL takes it.
 * Source: trl/trainer/grpo_trainer.py, 1.x.
 */
export const trl = defineRoute({
  name: "trl",
  speaks: "TRL 1.x, reward_funcs",
  body: z
    .object({
      prompts: z.array(z.unknown()),
      completions: z.array(z.union([z.string(), Chat])),
      completion_ids: z.array(z.array(z.number())).optional(),
      columns: z.record(z.string(), z.array(z.unknown())).default({}),
    })
    .superRefine(({ prompts, completions, completion_ids, columns }, context) => {
      const count = completions.length;
      const lists = { prompts, ...(completion_ids === undefined ? {} : { completion_ids }), ...columns };
      for (const [name, list] of Object.entries(lists)) {
        if (list.length === count) continue;
        context.addIssue({ code: "custom", path: [name], message: `expected ${count} entries, one a completion, got ${list.length}` });
      }
    }),
  asked: ({ prompts, completions, completion_ids, columns }) =>
    completions.map((completion, i) => ({
      ...(typeof completion === "string" ? { completion } : episode(chatTurns(completion))),
      ...(completion_ids === undefined ? {} : { tokens: completion_ids[i]!.length }),
      group: JSON.stringify([prompts[i], Object.values(columns).map((values) => values[i])]),
      fields: { prompt: prompts[i], ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]])) },
    })),
  groups: true,
  skips: true,
  reply: (answers) => ({ rewards: answers.map(({ reward }) => reward), scores: answers.map(({ scores }) => scores) }),
});
