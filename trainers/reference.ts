import { RecipeError } from "../core/errors.ts";
import type { Engine } from "../engines/engine.ts";

/** Name of the policy that a stage started from, where it is the reference. */
const SNAPSHOT = "reference";

/** Where a reference policy comes from: the one that the stage starts from, or the model without its adapter. */
export type Reference = "start" | "base";

/** What the engine calls the reference policy. */
export const policyOfReference = (reference: Reference): string => (reference === "base" ? "base" : SNAPSHOT);

/** Keeps the policy as it is as the reference. Throws RecipeError where the model is to stand in for it, but has no adapter to leave off. */
export async function keepReference(engine: Engine, reference: Reference, stage: string): Promise<void> {
  if (reference === "start") return engine.snapshot(SNAPSHOT);
  if ((await engine.info()).adapters > 0) return;
  throw new RecipeError({
    place: { file: "recipe" },
    field: `stages.${stage}.reference`,
    message: "the policy has no adapter that could be left off",
    cure: "Use reference: start, or train an adapter: model.lora.",
  });
}

export const dropReference = (engine: Engine): Promise<void> => engine.dropSnapshot(SNAPSHOT);
