import { policyLosses } from "../losses/index.ts";
import { LossFields } from "../losses/options.ts";
import type { PpoStage } from "./options.ts";

/** What a ppo stage minimises, with its numbers. */
export function explainPpo(stage: PpoStage): [about: string, says: string][] {
  const { clip_low, clip_high, critic, gamma, lambda, kl_coef, whiten, batch_size, minibatches, epochs, reference } = stage;
  const loss = policyLosses.get("grpo");
  const plain = "(V - R)^2";
  const near = critic.clip === null ? plain : `max(${plain}, (V_old + clip(V - V_old, -${critic.clip}, ${critic.clip}) - R)^2)`;
  const kl = `, less ${kl_coef} (old - ref) at every token, ref: ${reference === "base" ? "the model without its adapter" : "the policy at the start of the stage"}`;
  return [
    ["minimises", `the mean over the tokens of each update of l + ${critic.coef} v`],
    ["l", loss.formula(LossFields.parse({ clip_low, clip_high }))],
    ["v", `1/2 ${near}, V: the critic's value of the state before the token`],
    [
      "A",
      `sum over k of (${gamma} * ${lambda})^k d(t + k), d(t) = p(t) + ${gamma} V(t + 1) - V(t)${whiten ? ", whitened over the batch's tokens" : ""}`,
    ],
    ["R", "A before it is whitened, + V_old"],
    ["p", `what a token is paid: the reward at the last token${kl_coef === 0 ? "" : kl}`],
    ["masked", "completions that could not be scored"],
    ["completions", `${batch_size} a step, ${minibatches * epochs} updates`],
  ];
}
