import { advantages } from "./advantages/index.ts";
import { policyLosses } from "./losses/index.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Trainer {
  /** what holds whatever the loss is */
  fields: Fields;
  /** and for one loss */
  losses: Readonly<Record<string, Fields>>;
  /** and for one advantage, whose trainer has a loss of its own */
  advantages: Readonly<Record<string, Fields>>;
}

const BY_SEQUENCE = { aggregation: "sequence_mean_token_mean" };
const BY_TOKEN = { aggregation: "token_mean" };
const CLIP = { clip_low: 0.2, clip_high: 0.2 };

/** Defaults of other trainers where they differ from vlrl's or from each other's. */
const TRAINERS: Readonly<Record<string, Trainer>> = {
  none: { fields: {}, losses: {}, advantages: {} },
  trl: {
    fields: {
      loss: "dapo",
      scale_rewards: "group",
      std: "sample",
      std_epsilon: 1e-4,
      delta: null,
      kl_coef: 0,
      kl_limit: null,
      entropy_aggregation: "token_mean",
      count_masked: true,
      old_logprobs: "recomputed",
      correction: "mask",
      correction_level: "sequence",
      correction_high: 3,
    },
    losses: {
      grpo: { ...CLIP, ...BY_SEQUENCE },
      bnpo: CLIP,
      dapo: CLIP,
      dr_grpo: CLIP,
      luspo: CLIP,
      gspo: BY_SEQUENCE,
      sapo: BY_SEQUENCE,
      cispo: BY_TOKEN,
      vespo: { ...BY_TOKEN, correction_level: "token", correction: "truncate" },
    },
    advantages: {
      rloo: { loss: "grpo", ratio: "product", ...BY_SEQUENCE, ...CLIP, kl_coef: 0.05, kl_in: "reward", kl_estimator: "k1" },
    },
  },
  verl: {
    fields: {
      loss: "grpo",
      std: "sample",
      std_epsilon: 1e-6,
      kl_coef: 0,
      kl_estimator: "k3",
      kl_limit: 10,
      entropy_aggregation: "loss",
      count_masked: false,
      old_logprobs: "recomputed",
      correction: "none",
      correction_high: 2,
    },
    losses: {
      grpo: { ...CLIP, ...BY_TOKEN, delta: 3 },
      gspo_token: { ...CLIP, ...BY_SEQUENCE },
      sapo: BY_SEQUENCE,
      geo_mean: { ...CLIP, ...BY_SEQUENCE, count_masked: true },
      cispo_relative: { ...CLIP, ...BY_TOKEN },
      dppo_tv: { ...CLIP, ratio_cap: 3 },
      dppo_kl: { ...CLIP, ratio_cap: 3 },
      clip_cov: CLIP,
    },
    advantages: {},
  },
};

/**
 * The fields of a grpo stage that its other fields settle and the recipe does not say: those of the advantage before those of
 * `compat`, and these before the loss's own. What is left is the schema's. Unknown names settle nothing.
 */
export function settledFields(given: Fields): Fields {
  const { fields, losses, advantages: byAdvantage } = TRAINERS[String(given.compat ?? "none")] ?? TRAINERS.none!;
  const own = byAdvantage[String(given.advantage)];
  const loss = String(given.loss ?? own?.loss ?? fields.loss ?? "grpo");
  const lossDefaults = policyLosses.has(loss) ? policyLosses.get(loss).defaults : {};
  const advantage = String(given.advantage ?? lossDefaults?.advantage ?? "group_mean");
  const settled = {
    ...lossDefaults,
    ...fields,
    ...losses[loss],
    ...(advantages.has(advantage) ? advantages.get(advantage).defaults : {}),
    ...(given.loss === undefined || given.loss === own?.loss ? own : {}),
  };
  return Object.fromEntries(Object.entries(settled).filter(([key]) => !Object.hasOwn(given, key)));
}
