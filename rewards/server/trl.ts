import { z } from "zod";
import { defineRoute } from "./define.ts";

const Chat = z.array(z.object({ role: z.string(), content: z.unknown() }));

/**
 * What TRL hands a reward function, which the generated Python file posts: completions as texts or as chats, and every column of the
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
      completion: typeof completion === "string" ? completion : chatText(completion),
      tokens: completion_ids?.[i]?.length,
      group: JSON.stringify([prompts[i], Object.values(columns).map((values) => values[i])]),
      fields: { prompt: prompts[i], ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]])) },
    })),
  groups: true,
  skips: true,
  reply: (answers) => ({ rewards: answers.map(({ reward }) => reward), scores: answers.map(({ scores }) => scores) }),
});

/** What the assistant said in a chat, one message after the other. */
function chatText(chat: z.infer<typeof Chat>): string {
  return chat
    .filter(({ role }) => role === "assistant")
    .map(({ content }) => contentText(content))
    .join("\n");
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => (isText(part) ? part.text : "")).join("");
}

function isText(part: unknown): part is { text: string } {
  return typeof part === "object" && part !== null && "text" in part && typeof part.text === "string";
}
