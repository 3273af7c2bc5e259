import type { z } from "zod";
import { settledFields } from "../trainers/presets.ts";
import { Recipe } from "./recipe.ts";
import { keysOf, schemaAt } from "./shape.ts";

/**
 * A resolved recipe that an older version wrote, with fields that came later at their defaults: without them it said nothing else. What it
 * holds stays as it is, right or wrong.
 */
export function completedRecipe(recipe: Record<string, unknown>): unknown {
  const { stages } = recipe;
  return withDefaults(Recipe, { ...recipe, ...(Array.isArray(stages) ? { stages: stages.map(settled) } : {}) });
}

function settled(stage: unknown): unknown {
  const given = stage as Record<string, unknown> | null;
  return given?.kind === "grpo" ? { ...given, ...settledFields(given) } : stage;
}

/** What a schema fills in for keys that are not there, section by section. */
function withDefaults(schema: unknown, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const below = (key: string | number, item: unknown) => withDefaults(schemaAt(schema, value, [key]), item);
  if (Array.isArray(value)) return value.map((item, i) => below(i, item));
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, below(key, item)]);
  const missing = keysOf(schema, value).filter((key) => !Object.hasOwn(value, key));
  const defaults = missing.map((key): [string, unknown] => [key, (schemaAt(schema, value, [key]) as z.ZodType).safeParse(undefined).data]);
  return Object.fromEntries([...entries, ...defaults.filter(([, item]) => item !== undefined)]);
}
