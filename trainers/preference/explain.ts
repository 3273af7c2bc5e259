import { preferenceLosses } from "./losses.ts";
import type { DpoStage } from "./options.ts";

/** What a dpo stage minimises, with its numbers. */
export function explainDpo(stage: DpoStage): [about: string, says: string][] {
  const terms = stage.losses.map(({ name, weight }) => `${weight === 1 ? "" : `${weight} `}${name}`);
  return [
    ["minimises", `the mean over the batch's pairs of ${terms.join(" + ")}`],
    ...stage.losses.map(({ name }): [string, string] => [name, preferenceLosses.get(name).formula(stage)]),
    ["c, r, D", "sum over the learned tokens of lp - ref of the chosen and the rejected answer, and c - r; n, m: how many they are"],
    ["ref", stage.reference === "base" ? "the model without its adapter" : "the policy at the start of the stage"],
  ];
}
