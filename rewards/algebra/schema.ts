import { z } from "zod";

/** Which numbers pass; all of the given limits must hold. */
const limits = {
  at_least: z.number().optional(),
  above: z.number().optional(),
  at_most: z.number().optional(),
  below: z.number().optional(),
};

export const Bound = z.strictObject(limits).refine(someLimit, "expected at_least, above, at_most or below");
export type Bound = z.infer<typeof Bound>;

/** A number stands for "at least". */
export const Threshold = z.union([z.number(), Bound], "expected a number, or at_least, above, at_most or below");
export type Threshold = z.infer<typeof Threshold>;

export const Scale = z.strictObject({
  from: z.tuple([z.number(), z.number()]).refine(([a, b]) => a !== b, "expected two different numbers"),
  to: z.tuple([z.number(), z.number()]),
});
export type Scale = z.infer<typeof Scale>;

export const Gate = z.union(
  [
    z.literal(true),
    z.strictObject({ ...limits, else: z.number().default(0) }).refine(someLimit, "expected at_least, above, at_most or below"),
  ],
  "expected true, or at_least, above, at_most or below, with else beside it",
);
export type Gate = z.infer<typeof Gate>;

const Scalar = z.union([z.string(), z.number(), z.boolean()]);

/** `{ field: source, is: chart }`, `{ field: source, in: [chart, map] }` or `{ part: answer, at_least: 1 }`. */
export const Condition = z
  .strictObject({
    field: z.string().min(1).optional(),
    is: Scalar.optional(),
    in: z.array(Scalar).min(1).optional(),
    part: z.string().min(1).optional(),
    ...limits,
  })
  .superRefine(({ field, part, is, in: among, ...limits }, context) => {
    const refuse = (message: string) => context.addIssue({ code: "custom", path: [], message });
    if ((field === undefined) === (part === undefined)) return refuse("expected a field or a part, and one of them");
    const limited = someLimit(limits);
    if (field !== undefined && (limited || (is === undefined) === (among === undefined))) refuse("a field takes is or in");
    if (part !== undefined && (!limited || is !== undefined || among !== undefined))
      refuse("a part takes at_least, above, at_most or below");
  });
export type Condition = z.infer<typeof Condition>;

function someLimit({ at_least, above, at_most, below }: z.infer<z.ZodObject<typeof limits>>): boolean {
  return [at_least, above, at_most, below].some((limit) => limit !== undefined);
}

/** What an entry of a recipe's `rewards` may say about how its score becomes a term of the sum. */
export const algebra = {
  weight: z.number().default(1).describe("total = sum of weight * value; a part of weight 0 adds nothing, but others can refer to it"),
  log_only: z.boolean().default(false).describe("score and log it, but leave it out of the total"),
  outcome: z
    .boolean()
    .default(false)
    .describe(
      "its raw score is recorded as the rollout's outcome; of several, the first that applies; the first counted part unless given",
    ),
  when: z
    .union([Condition, z.array(Condition).min(1)], "expected a condition, or a list of conditions")
    .optional()
    .describe("asked only where this holds, all of it if it is a list; else it does not apply and is left out"),
  scale: Scale.optional().describe(
    "maps the score in a line, so that from[0] becomes to[0] and from[1] to[1]; outside of them it stays at the ends",
  ),
  threshold: Threshold.optional().describe("1 where the score passes, else 0"),
  keep: Threshold.optional().describe("the score itself where it passes, else 0"),
  times: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)], "expected a part's name, or a list of them")
    .optional()
    .describe("multiplied with the values of these parts"),
  gate: Gate.optional().describe("where it does not pass (true: is not above 0), the whole reward is `else`"),
  place: z
    .enum(["whole", "first_turn", "last_turn"])
    .default("whole")
    .describe("a turn of the policy's that the score is about: it is recorded as a step there, for advantages by steps"),
  absent: z
    .enum(["skip", "redistribute"])
    .default("skip")
    .describe("where it does not apply: left out, or left out with its weight spread over the others"),
};
