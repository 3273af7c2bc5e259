import { z } from "zod";
import { unknownName } from "../core/registry.ts";
import { algebra } from "./algebra/schema.ts";
import { rewards } from "./index.ts";

/** One entry of a recipe's `rewards`: a reward of ours by name, a user's own file, or what other entries give, shaped anew. */
export const RewardSpec = z
  .strictObject({
    name: z
      .enum(rewards.names, { error: ({ input }) => unknownName("reward", String(input), rewards.names) })
      .optional()
      .describe("a built-in reward"),
    file: z.string().min(1).optional().describe("your own reward, a .ts, .js or .mjs file; relative to the recipe"),
    part: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)], "expected a part's name, or a list of them")
      .optional()
      .describe("another part's value, in place of a reward; of a list, the first that applies"),
    as: z
      .string()
      .regex(/^[A-Za-z_][\w-]*$/, "a name of letters, digits, _ and -")
      .optional()
      .describe("what the part is called, in place of the reward's own name"),
    export: z.string().min(1).optional().describe("which export of the file; the default export unless given"),
    version: z.int().min(1).optional().describe("refuse the reward if it is of another version"),
    target: z.string().min(1).optional().describe("the example field that holds the target, in place of the reward's own"),
    options: z.record(z.string(), z.unknown()).optional().describe("what the reward's own schema allows"),
    ...algebra,
    timeout_ms: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .default(5000)
      .describe("a reward that takes longer is stopped"),
    memory_mb: z
      .int()
      .min(16)
      .default(512)
      .describe("a reward file's thread that needs more for its objects is ended; the files' largest counts"),
    error_limit: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe("the run stops when a larger share of a step's scores failed; 1 never stops it"),
  })
  .superRefine((spec, context) => {
    const { name, file, part, export: exported, options, as, version, target } = spec;
    const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: "custom", path, message });
    const given = [name, file, part].filter((source) => source !== undefined).length;
    if (given === 0) refuse([], "expected a name, a file or a part");
    if (name !== undefined && file !== undefined) refuse(["file"], "expected a name or a file, got both");
    else if (given > 1) refuse(["part"], "expected a name, a file or a part, and one of them");
    if (file === undefined && exported !== undefined) refuse(["export"], "goes with a file only");
    if (given === 1 && part !== undefined && as === undefined) refuse([], "expected `as`: what the new part is called");
    for (const [key, value] of Object.entries({ version, target, options })) {
      if (part !== undefined && value !== undefined) refuse([key], "goes with a reward, and this part takes another part's value");
    }
    if (spec.threshold !== undefined && spec.keep !== undefined) refuse(["keep"], "expected a threshold or keep, got both");
    if (spec.gate !== undefined && spec.log_only) refuse(["log_only"], "a gate decides the reward: it can't be only logged");
    if (name === undefined) return;
    const { options: schema, version: current = 1 } = rewards.get(name);
    if (version !== undefined && version !== current) refuse(["version"], `reward "${name}" is of version ${current} now`);
    if (schema === undefined) {
      if (options !== undefined) refuse(["options"], `reward "${name}" takes no options`);
      return;
    }
    for (const issue of schema.safeParse(options ?? {}).error?.issues ?? []) {
      refuse(["options", ...issue.path], issue.message);
    }
  });
export type RewardSpec = z.infer<typeof RewardSpec>;
