import { z } from "zod";

const positive = (value: number) => z.number().gt(0).default(value);

/** Fields of a grpo stage that policy losses read; which loss reads which stands in its own `reads`. */
export const lossFields = {
  ratio: z
    .enum(["token", "turn", "sequence", "product"])
    .default("token")
    .describe("the ratio to the old policy: of a token, the geometric mean over its turn or completion, or the completion's product"),
  clip_low: z.number().min(0).default(0.2).describe("the ratio is clipped to 1 - clip_low"),
  clip_high: z.number().min(0).default(0.2).describe("and to 1 + clip_high"),
  delta: z
    .number()
    .gt(1)
    .nullable()
    .default(null)
    .describe("bound on the ratio where the advantage is negative; null has none; TRL's delta and verl's clip_ratio_c"),
  ratio_cap: positive(5).describe("most that an importance ratio counts: cispo's absolute cap, clip_ratio_c of verl's dppo"),
  tau_pos: positive(1).describe("sapo's temperature where the advantage is positive"),
  tau_neg: positive(1.05).describe("and where it is not"),
  vespo_k_pos: positive(2).describe("vespo's power where the advantage is not negative"),
  vespo_lambda_pos: positive(3).describe("and its decay"),
  vespo_k_neg: positive(3).describe("vespo's power where the advantage is negative"),
  vespo_lambda_neg: positive(2).describe("and its decay"),
  cov_ratio: z.number().gt(0).max(1).default(2e-4).describe("share of the tokens that clip_cov and kl_cov pick, one at least"),
  cov_low: z.number().default(1).describe("clip_cov picks among covariances above this"),
  cov_high: z.number().default(5).describe("and below this"),
  cov_kl_coef: z.number().min(0).default(0.1).describe("weight of the distance from the old logprob at the tokens that kl_cov picks"),
  dro_beta: positive(0.5).describe("weight of dro's quadratic term"),
};

/** Checked values of those fields. */
export const LossFields = z.object(lossFields);
export type PolicyOptions = z.infer<typeof LossFields>;
export type PolicyField = keyof PolicyOptions;
