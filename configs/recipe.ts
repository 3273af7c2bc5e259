import { z } from "zod";
import { datasetSpec } from "../datasets/index.ts";
import { environmentSpec } from "../environments/index.ts";
import { ModelOptions } from "../models/options.ts";
import { JudgeSpecs } from "../rewards/judges/schema.ts";
import { RewardSpec } from "../rewards/options.ts";
import { Evaluation, Retention, Stage } from "../trainers/options.ts";

/** Everything that a run is, with every default filled in. Sections keep their schemas in the folders that use them. */
export const Recipe = z.strictObject({
  name: z
    .string()
    .regex(/^(?!\.{1,2}$)[^/\\\p{Cc}]+$/u, "expected a name that can be a folder's: no slashes")
    .describe("name of the run and of its folder; the file's own name unless given"),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("the same recipe with the same seed gives the same run"),
  model: ModelOptions.describe("the policy that the run starts from"),
  data: z
    .strictObject({
      train: datasetSpec.describe("what the policy is trained on"),
      eval: datasetSpec.nullable().describe("held-out rows that the policy is judged on; null judges it on none"),
    })
    .describe("a dataset by name, its options beside it"),
  environment: environmentSpec.prefault({ name: "visual_question" }).describe("how a row becomes a prompt"),
  rewards: z
    .array(RewardSpec)
    .min(1)
    .describe("what a completion is scored by, in evaluations and in stages without rewards of their own: total = sum of weight * score"),
  judges: JudgeSpecs.prefault({}).describe("who may be asked about a completion, by a name that rewards give in `judge`"),
  stages: z.array(Stage).min(1).describe("what is done, in order; each stage goes on from the weights of the one before"),
  evaluation: Evaluation.prefault({}).describe("how the policy is judged on the rows of data.eval"),
  checkpoints: Retention.prefault({}).describe("which checkpoints are kept"),
  rollouts: z
    .strictObject({
      write: z.boolean().default(true).describe("keep every step's rollouts as an Arrow file in the run folder"),
    })
    .prefault({})
    .describe("what is kept of what the policy wrote"),
});
export type Recipe = z.infer<typeof Recipe>;

/** A recipe as it is written in a file: the name may be left out, and another file may lie underneath. */
export const RecipeFile = Recipe.extend({
  name: Recipe.shape.name.optional(),
  extends: z
    .string()
    .min(1)
    .optional()
    .describe("a recipe that this one changes: sections are merged, lists replaced; relative to this file"),
  folder: z.string().min(1).optional().describe("where relative paths start; this file's own folder unless given"),
});

/** Sections that name one of several kinds of thing, with options of that kind beside the name: another name drops the old options. */
export const NAMED_SECTIONS = ["data.train", "data.eval", "environment"];

/** Keys of which a section, or an entry of a list, has one: writing one over a base recipe drops the other. */
export const ALTERNATIVES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["model", ["preset", "path"]],
  ["rewards", ["name", "file"]],
]);

/** Fields that hold a path, `*` for any index or name. Relative ones start at the folder of the file that they are written in. */
export const PATH_FIELDS = [
  "model.path",
  "model.lora.path",
  "data.train.path",
  "data.eval.path",
  "rewards.*.file",
  "stages.*.rewards.*.file",
  "judges.*.path",
  "judges.*.file",
  "judges.*.cache",
];
