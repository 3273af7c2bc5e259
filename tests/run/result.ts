import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readRollouts } from "../../rollouts/arrow.ts";

/** Metrics that are measured with a clock: two equal runs differ in them alone. */
export const TIME_METRICS = ["step_time", "perf/tokens_per_s", "time/rollout_s", "time/train_s"];

function isTimed(metric: string): boolean {
  return TIME_METRICS.includes(metric) || metric.endsWith("/latency_p95_ms");
}

/** The rows of a run's metrics.jsonl without what a clock measured. */
export async function metricsOf(runDir: string): Promise<Record<string, number | string | null>[]> {
  const text = await readFile(join(runDir, "metrics.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const row = JSON.parse(line) as Record<string, number | string | null>;
      return Object.fromEntries(Object.entries(row).filter(([key]) => !isTimed(key)));
    });
}

/** SHA-256 of every safetensors file of a checkpoint, by name. */
export async function weightHashes(checkpoint: string): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const name of (await readdir(checkpoint)).filter((file) => file.endsWith(".safetensors")).sort()) {
    out[name] = createHash("sha256")
      .update(await readFile(join(checkpoint, name)))
      .digest("hex");
  }
  return out;
}

/** What every rollout of a run was and was worth, by file; times left out. */
export async function rolloutsOf(runDir: string) {
  const out: Record<string, object[]> = {};
  for (const name of (await readdir(join(runDir, "rollouts"))).sort()) {
    const rollouts = await readRollouts(join(runDir, "rollouts", name));
    out[name] = rollouts.map(({ startedMs: _, finishedMs: __, parts, ...rest }) => ({
      ...rest,
      parts: parts.map(({ name, outcome }) => ({ name, outcome })),
    }));
  }
  return out;
}

/** A run as far as its recipe and its seed decide it. */
export async function resultOf(runDir: string) {
  const checkpoints = (await readdir(join(runDir, "checkpoints"))).sort();
  const weights: Record<string, Record<string, string>> = {};
  for (const name of checkpoints) weights[name] = await weightHashes(join(runDir, "checkpoints", name));
  return { weights, metrics: await metricsOf(runDir), rollouts: await rolloutsOf(runDir) };
}
