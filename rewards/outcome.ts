import type { Outcome, StepScore, Turn } from "../core/types.ts";

type Range = readonly [low: number, high: number];

/**
 * What a reward returned, as an outcome. Only finite numbers are scores, and only those in the reward's range where it declares one; NaN and
 * the like are errors, never a silent 0.
 */
export function toOutcome(returned: unknown, range?: Range): Outcome {
  if (returned === null) return { kind: "not_applicable" };
  if (typeof returned === "number") return number(returned, range);
  if (isFailure(returned)) return { kind: returned.kind, message: returned.message };
  if (typeof returned !== "object" || !("score" in returned) || typeof returned.score !== "number") {
    return failed(`returned ${shown(returned)}; expected a number, null or { score, metrics }`);
  }
  const outcome = number(returned.score, range);
  if (outcome.kind !== "score") return outcome;
  const metrics = "metrics" in returned ? returned.metrics : undefined;
  if (metrics !== undefined) {
    if (typeof metrics !== "object" || metrics === null) return failed(`returned metrics ${shown(metrics)}; expected an object of numbers`);
    const bad = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
    if (bad !== undefined) return failed(`returned metrics.${bad[0]} = ${shown(bad[1])}; expected a finite number`);
    outcome.metrics = { ...metrics };
  }
  const steps = "steps" in returned ? returned.steps : undefined;
  if (steps !== undefined) {
    if (!Array.isArray(steps) || !steps.every(isStep)) return failed("returned steps that are not a list of { name, start, end, score }");
    outcome.steps = steps.map(({ name, start, end, score }) => ({ name, start, end, score }));
  }
  return outcome;
}

/**
 * What a turn reward returned for the turns of the policy, as the outcome of the whole: their mean or sum, with each as a step `turn/<i>`.
 * Turns scored null are left out; where all are, the reward does not apply.
 */
export function turnsToOutcome(returned: unknown, turns: readonly Turn[], combine: "mean" | "sum", range?: Range): Outcome {
  if (returned === null || isFailure(returned)) return toOutcome(returned);
  if (!Array.isArray(returned) || returned.length !== turns.length) {
    return failed(`returned ${count(returned)}; expected a list with a score or null for each of ${turns.length} turns`);
  }
  const steps: StepScore[] = [];
  for (const [i, value] of returned.entries()) {
    if (value === null) continue;
    const outcome = typeof value === "number" ? number(value, range) : failed(`returned ${shown(value)}; expected a number or null`);
    if (outcome.kind !== "score") return "message" in outcome ? failed(`turn ${i}: ${outcome.message}`) : outcome;
    const { start, end } = turns[i]!;
    steps.push({ name: `turn/${i}`, start, end, score: outcome.score });
  }
  if (steps.length === 0) return { kind: "not_applicable" };
  const sum = steps.reduce((total, { score }) => total + score, 0);
  return { ...number(combine === "sum" ? sum : sum / steps.length), steps } as Outcome;
}

/** What a group reward returned, as an outcome for each of its members. A list that does not fit them is an error of all. */
export function groupToOutcomes(returned: unknown, members: number, range?: Range): Outcome[] {
  if (Array.isArray(returned) && returned.length === members) return returned.map((value) => toOutcome(value, range));
  const outcome = failed(`returned ${count(returned)}; expected a list with a value for each of ${members} completions`);
  return Array.from({ length: members }, () => outcome);
}

/** What was thrown, as a kind of outcome: a time limit that a reward set itself is a timeout. */
export function failureKind(thrown: unknown): "timeout" | "error" {
  return thrown instanceof Error && thrown.name === "TimeoutError" ? "timeout" : "error";
}

function isFailure(value: unknown): value is Extract<Outcome, { message: string }> {
  if (typeof value !== "object" || value === null) return false;
  const { kind, message } = value as Record<string, unknown>;
  return (kind === "error" || kind === "timeout") && typeof message === "string";
}

function isStep(step: unknown): step is StepScore {
  if (typeof step !== "object" || step === null) return false;
  const { name, start, end, score } = step as Record<string, unknown>;
  return typeof name === "string" && Number.isInteger(start) && Number.isInteger(end) && Number.isFinite(score);
}

/** By so much rounding may carry a score past an end of its range, which it then is. */
const ROUNDING = 1e-9;

function number(score: number, [low, high]: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]): Outcome {
  if (!Number.isFinite(score)) return failed(`returned ${score}`);
  if (score >= low - ROUNDING && score <= high + ROUNDING) return { kind: "score", score: Math.min(high, Math.max(low, score)) };
  return failed(`returned ${score}, outside of its range [${low}, ${high}]`);
}

function failed(message: string): Outcome {
  return { kind: "error", message };
}

function count(value: unknown): string {
  return Array.isArray(value) ? `${value.length} values` : shown(value);
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || value === undefined) return String(value);
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? `an object with keys [${Object.keys(value).join(", ")}]` : `a ${typeof value}`;
}
