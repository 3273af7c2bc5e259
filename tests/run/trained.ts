import { expect } from "vitest";
import type { Program } from "./program.ts";
import { metricsOf } from "./result.ts";

export type MetricRow = Record<string, number>;

/** Trains from a recipe with changes and returns the rows of metrics.jsonl. */
export async function trained(program: Program, recipe: string, runDir: string, set: readonly string[]): Promise<MetricRow[]> {
  const more = set.flatMap((assignment) => ["--set", assignment]);
  const { code, err } = await program.run(["train", recipe, "--run-dir", runDir, "--json", ...more]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return (await metricsOf(runDir)) as MetricRow[];
}

export const meanOf = (rows: readonly MetricRow[], key: string): number => rows.reduce((sum, row) => sum + row[key]!, 0) / rows.length;
