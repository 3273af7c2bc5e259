import type { EncodedPrompt } from "../../engines/engine.ts";
import { add, clip, div, exp, maximum, mul, stopGradient, sub, sum, type Tensor } from "../../engines/graph/build.ts";
import { klTensor } from "../kl/estimators.ts";
import type { LossDefinition, LossTensors, Span } from "./define.ts";
import type { PolicyField, PolicyOptions } from "./options.ts";

/** What the terms beside the policy loss are, of the options that the engine is told. */
export interface TermOptions extends PolicyOptions {
  /** null where no KL is part of the loss */
  kl_estimator: string | null;
  kl_limit: number | null;
  kl_bias_correction: boolean;
  entropy_bonus: boolean;
}

/** Fields of a grpo stage that are something else than the schema says, where the recipe does not say. */
export type StageDefaults = Readonly<Record<string, number | string | boolean | null>>;

export interface PolicyTerm {
  /** [N] what is minimised at each token, unweighted */
  loss: Tensor;
  /** [N] detached values by name, for metrics: `clip_low` and `clip_high` are 1 where a clip cuts the gradient off */
  tokens: Record<string, Tensor>;
}

/**
 * A loss of the GRPO family: a pure function of per-token tensors [N]. Masks, importance weights and the aggregation are in `weights`
 * already; KL and entropy are terms of their own.
 */
export interface PolicyLoss {
  name: string;
  reads: readonly PolicyField[];
  defaults?: StageDefaults;
  /** the loss of one token with its numbers, for people */
  formula(options: PolicyOptions): string;
  /** when a token or a rollout teaches nothing */
  silent: string;
  source: string;
  term(tokens: LossTensors, options: PolicyOptions): PolicyTerm;
  /** whether importance weights scale the term; false where they are a part of it and come as the field `correction` */
  ownCorrection?: boolean;
  /** per-token fields that need the policy's own values over the whole update, made before it */
  prepare?: Prepare;
}

/** A completion of an update as plain numbers: arrays [T], logprobs and entropies of the policy as it is now. */
export interface PreparedSequence {
  mask: Float32Array;
  advantages: Float32Array;
  old: Float32Array;
  logprobs: Float32Array;
  entropies: Float32Array;
}

/** All completions of an update, before it. */
export interface PreparedUpdate {
  /** [S] */
  sequences: readonly PreparedSequence[];
  /** of this update, for what is drawn */
  seed: number;
  /** one more forward pass of the policy as it is now, behind prompts that were changed: logprobs and entropies of the same completions, [S][T] */
  behind(change: (prompt: EncodedPrompt) => EncodedPrompt): Promise<{ logprobs: Float32Array[]; entropies: Float32Array[] }>;
}

type Fields = Record<string, readonly Float32Array[]>;

/** From all completions of an update to a field of each, by the field's name. */
export type Prepare = (update: PreparedUpdate, options: PolicyOptions) => Fields | Promise<Fields>;

/** Bound on a log ratio: beyond it exp overflows float32 sooner or later. verl's. */
const LARGEST = 20;

/** Mean of x over the tokens of mask 1 of each span, at every token of it: [N]. */
export function meanOver(tokens: LossTensors, span: Span, x: Tensor): Tensor {
  const length = maximum(tokens.sumOver(span, tokens.field("mask")), 1);
  return div(tokens.sumOver(span, x), length);
}

/** log(policy / old policy) at each token, nats, within +-20. */
export function tokenLogRatio({ logprobs, field }: LossTensors): Tensor {
  return clip(sub(logprobs, field("oldLogprobs")), -LARGEST, LARGEST);
}

/** The same at the level asked for: of the token itself, the mean over its turn or completion, or the completion's sum. */
export function logRatio(tokens: LossTensors, level: PolicyOptions["ratio"]): Tensor {
  const perToken = tokenLogRatio(tokens);
  if (level === "token") return perToken;
  return level === "product" ? clip(tokens.sumOver("sequence", perToken), -LARGEST, LARGEST) : meanOver(tokens, level, perToken);
}

/** How a formula writes that ratio. */
export function ratioText(level: PolicyOptions["ratio"]): string {
  if (level === "token") return "r = exp(lp - old)";
  return level === "product"
    ? "r = exp(sum over the completion of lp - old)"
    : `r = exp(mean over the ${level === "turn" ? "turn" : "completion"} of lp - old)`;
}

/**
 * The loss that a stage minimises: sum of weights * policy term + klWeights * KL - entropyWeights * entropy. The weights of each term are the
 * caller's, so that KL is scaled neither by masks of the policy term nor by importance weights, as in TRL and verl.
 */
export function withTerms(policy: PolicyLoss): LossDefinition {
  return {
    name: policy.name,
    build(tokens, given) {
      const options = given as unknown as TermOptions;
      const { field, logprobs } = tokens;
      const term = policy.term(tokens, options);
      const values: Record<string, Tensor> = { logprobs, entropies: tokens.entropies(), ...term.tokens };
      let loss = sum(mul(field("weights"), term.loss));
      if (options.kl_estimator !== null) {
        const estimate = klTensor(options.kl_estimator, sub(field("refLogprobs"), logprobs), options.kl_limit);
        const kl = options.kl_bias_correction ? mul(estimate, exp(logRatio(tokens, options.ratio))) : estimate;
        loss = add(loss, sum(mul(field("klWeights"), kl)));
        values.kl = kl;
      }
      if (options.entropy_bonus) loss = sub(loss, sum(mul(field("entropyWeights"), tokens.entropies())));
      return { loss, metrics: {}, tokens: Object.fromEntries(Object.entries(values).map(([name, x]) => [name, stopGradient(x)])) };
    },
  };
}
