import { z } from "zod";
import type { AdapterConfig } from "./config.ts";
import { isReadable } from "./pattern.ts";

const Name = z.string().min(1);
const Expression = Name.refine(isReadable, "expected a regular expression that can be read");

/** Low-rank adaptation: small matrices A and B beside chosen weights are trained instead of the model. Source: LoRA (arXiv:2106.09685). */
export const LoraOptions = z.strictObject({
  rank: z.int().min(1).default(16).describe("rows of A and columns of B"),
  alpha: z.number().positive().default(32).describe("the update is scaled by alpha / rank"),
  dropout: z.number().min(0).lt(1).default(0).describe("probability that an input of A is dropped in training"),
  target_modules: z
    .union([z.array(Name).min(1), Expression])
    .default(["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
    .describe(
      "which linear modules are adapted, by PEFT's rules: names or ends of paths, one regular expression for whole paths, or all-linear. " +
        "The default's q_proj, k_proj and v_proj fit a SigLIP vision tower too: exclude_modules keeps it as it is",
    ),
  exclude_modules: z
    .union([z.array(Name).min(1), Expression])
    .nullable()
    .default(null)
    .describe(
      "modules that are left alone though target_modules fits them, by the same rules; a list fits ends of paths only, " +
        'so a whole tower takes an expression, for example ".*vision_model.*"',
    ),
  rslora: z.boolean().default(false).describe("scale by alpha / sqrt(rank) instead"),
  path: z
    .string()
    .nullable()
    .default(null)
    .describe("a folder with a PEFT adapter to go on from; its rank, alpha, dropout and modules then hold instead of the ones here"),
});
export type LoraOptions = z.infer<typeof LoraOptions>;

/** The config of a new adapter. */
export function adapterConfig(options: LoraOptions): AdapterConfig {
  return {
    rank: options.rank,
    alpha: options.alpha,
    dropout: options.dropout,
    rslora: options.rslora,
    targets: options.target_modules,
    exclude: options.exclude_modules,
    layers: null,
    layersPattern: [],
    rankPattern: {},
    alphaPattern: {},
    taskType: "CAUSAL_LM",
  };
}
