import { z } from "zod";
import { unknownName } from "../core/registry.ts";
import { rewards } from "./index.ts";

/** One entry of a recipe's `rewards`: a reward of ours by name, or a user's own file. */
export const RewardSpec = z
  .strictObject({
    name: z
      .enum(rewards.names, { error: ({ input }) => unknownName("reward", String(input), rewards.names) })
      .optional()
      .describe("a built-in reward"),
    file: z.string().min(1).optional().describe("your own reward, a .ts, .js or .mjs file; relative to the recipe"),
    export: z.string().min(1).optional().describe("which export of the file; the default export unless given"),
    weight: z.number().default(1).describe("total = sum of weight * score; a part of weight 0 is only logged"),
    target: z.string().min(1).optional().describe("the example field that holds the target, in place of the reward's own"),
    log_only: z.boolean().default(false).describe("score and log it, but leave it out of the total"),
    timeout_ms: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .default(5000)
      .describe("a reward file that takes longer for one completion is stopped"),
    options: z.record(z.string(), z.unknown()).optional().describe("what the reward's own schema allows"),
  })
  .superRefine(({ name, file, export: exported, options }, context) => {
    const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: "custom", path, message });
    if (name === undefined && file === undefined) refuse([], "expected a name or a file");
    if (name !== undefined && file !== undefined) refuse(["file"], "expected a name or a file, got both");
    if (file === undefined && exported !== undefined) refuse(["export"], "goes with a file only");
    if (name === undefined) return;
    const schema = rewards.get(name).options;
    if (schema === undefined) {
      if (options !== undefined) refuse(["options"], `reward "${name}" takes no options`);
      return;
    }
    for (const issue of schema.safeParse(options ?? {}).error?.issues ?? []) {
      refuse(["options", ...issue.path], issue.message);
    }
  });
export type RewardSpec = z.infer<typeof RewardSpec>;
