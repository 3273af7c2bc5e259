import type { Outcome, StepScore } from "../core/types.ts";

/** What a reward returned, as an outcome. Only finite numbers are scores; NaN and the like are errors, never a silent 0. */
export function toOutcome(returned: unknown): Outcome {
  if (returned === null) return { kind: "not_applicable" };
  if (typeof returned === "number") return number(returned);
  if (typeof returned !== "object" || !("score" in returned) || typeof returned.score !== "number") {
    return failed(`returned ${shown(returned)}; expected a number, null or { score, metrics }`);
  }
  const outcome = number(returned.score);
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

function isStep(step: unknown): step is StepScore {
  if (typeof step !== "object" || step === null) return false;
  const { name, start, end, score } = step as Record<string, unknown>;
  return typeof name === "string" && Number.isInteger(start) && Number.isInteger(end) && Number.isFinite(score);
}

function number(score: number): Outcome {
  return Number.isFinite(score) ? { kind: "score", score } : failed(`returned ${score}`);
}

function failed(message: string): Outcome {
  return { kind: "error", message };
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || value === undefined) return String(value);
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? `an object with keys [${Object.keys(value).join(", ")}]` : `a ${typeof value}`;
}
