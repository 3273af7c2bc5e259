import type { Outcome } from "../../core/types.ts";
import { type Composition, counts, type Term } from "./graph.ts";
import type { Bound, Scale, Threshold } from "./schema.ts";

/** Whether a number keeps to all limits. */
export function passes({ at_least, above, at_most, below }: Bound, x: number): boolean {
  return !(
    (at_least !== undefined && !(x >= at_least)) ||
    (above !== undefined && !(x > above)) ||
    (at_most !== undefined && !(x <= at_most)) ||
    (below !== undefined && !(x < below))
  );
}

function bound(threshold: Threshold): Bound {
  return typeof threshold === "number" ? { at_least: threshold } : threshold;
}

/** The line through (from[0], to[0]) and (from[1], to[1]), level outside of the two. */
function scaled({ from: [a, b], to: [c, d] }: Scale, x: number): number {
  const share = Math.min(1, Math.max(0, (x - a) / (b - a)));
  // exact at both ends
  return c * (1 - share) + d * share;
}

/** A raw score as its entry shapes it: scale, then threshold or keep. */
function shaped({ scale, threshold, keep }: Term["spec"], raw: number): number {
  const x = scale === undefined ? raw : scaled(scale, raw);
  if (threshold !== undefined) return passes(bound(threshold), x) ? 1 : 0;
  return keep === undefined || passes(bound(keep), x) ? x : 0;
}

/** A part's value: its shaped score times the values of its factors. What does not apply or failed stays so, be it the part or a factor. */
export function partValue(term: Term, outcome: Outcome, values: readonly (Outcome | undefined)[]): Outcome {
  if (outcome.kind !== "score") return outcome;
  let product = shaped(term.spec, outcome.score);
  for (const factor of term.times) {
    const value = values[factor]!;
    if (value.kind !== "score") return value;
    product *= value.score;
  }
  return { kind: "score", score: product };
}

/**
 * Whether a part applies to a completion, by the recipe's conditions on its row's fields and on the values of other parts. Null where it
 * does; else what its outcome is: not applicable, or a failure where a part that a condition looks at failed, or the row lacks the field.
 */
export function ruledOut(term: Term, fields: Record<string, unknown>, value: (name: string) => Outcome): Outcome | null {
  for (const { field, is, in: among, part, ...limits } of term.conditions) {
    const lack = field === undefined ? null : lackText(field, fields);
    if (lack !== null) return { kind: "error", message: lack };
    if (field !== undefined && !(among ?? [is]).includes(fields[field] as string)) return { kind: "not_applicable" };
    if (part === undefined) continue;
    const found = value(part);
    if ("message" in found) return { kind: found.kind, message: `its condition on "${part}" is open: ${found.message}` };
    if (found.kind === "not_applicable" || !passes(limits, found.score)) return { kind: "not_applicable" };
  }
  return null;
}

/** What is wrong with a row that lacks a condition's field, or null. */
export function lackText(field: string, fields: Record<string, unknown>): string | null {
  if (Object.hasOwn(fields, field)) return null;
  return `needs ${field} for its condition, which the row lacks; it has ${Object.keys(fields).join(", ")}`;
}

/** The conditions that a row alone decides. */
export function suits(term: Term, fields: Record<string, unknown>): boolean {
  const conditions = term.conditions.filter(({ field }) => field !== undefined);
  return ruledOut({ ...term, conditions }, fields, () => ({ kind: "not_applicable" })) === null;
}

/** The value of the first of a part's sources that applies. */
export function firstOf(term: Term, values: readonly (Outcome | undefined)[]): Outcome {
  const outcomes = term.sources.map((source) => values[source]!);
  return outcomes.find(({ kind }) => kind !== "not_applicable") ?? { kind: "not_applicable" };
}

/**
 * A completion's reward, from the outcomes of all parts in the recipe's order.
 *
 *   value  = shape(score) * product of the values of `times`
 *   reward = sum of weight * value over the parts that count and apply, or the `else` of the first gate that does not pass
 *
 * A part counts unless it is `log_only` or weighs 0. Null where a part that counts, or a gate, failed or timed out: the rest of a sum is
 * not that sum, and a broken verifier must not look like a poor completion. Null also where no part that counts applies and every gate
 * passes, and where the sum is not finite.
 */
export function composedReward({ terms, order }: Composition, outcomes: readonly Outcome[]): number | null {
  const values: (Outcome | undefined)[] = terms.map(() => undefined);
  for (const i of order) values[i] = partValue(terms[i]!, outcomes[i]!, values);
  let total: number | null = null;
  let shut: number | null = null;
  let [weights, spread] = [0, 0];
  for (const [i, { spec }] of terms.entries()) {
    const value = values[i]!;
    const isCounted = counts(spec);
    if (!isCounted && spec.gate === undefined) continue;
    if (value.kind === "not_applicable") {
      if (isCounted && spec.absent === "redistribute") spread += spec.weight;
      continue;
    }
    if (value.kind !== "score") return null;
    if (spec.gate !== undefined && !passes(spec.gate === true ? { above: 0 } : spec.gate, value.score)) {
      shut ??= spec.gate === true ? 0 : spec.gate.else;
    }
    if (!isCounted) continue;
    weights += spec.weight;
    total = (total ?? 0) + spec.weight * value.score;
  }
  if (shut !== null) return shut;
  if (total === null) return null;
  const reward = weights === 0 ? total : total * (1 + spread / weights);
  return Number.isFinite(reward) ? reward : null;
}

/** The raw score of the outcome: of the first part called so that applies, or of the first that counts where none is called so. */
export function rawOutcome({ terms }: Composition, outcomes: readonly Outcome[]): number | null {
  const called = [...terms.keys()].filter((i) => terms[i]!.spec.outcome);
  const among = called.length > 0 ? called : [...terms.keys()].filter((i) => counts(terms[i]!.spec)).slice(0, 1);
  const first = among.map((i) => outcomes[i]!).find(({ kind }) => kind !== "not_applicable");
  return first?.kind === "score" ? first.score : null;
}
