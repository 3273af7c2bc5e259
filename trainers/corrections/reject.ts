import { gaps, LARGEST, type Mismatch } from "./importance.ts";
import type { RejectRule } from "./options.ts";

const divergence = { k2: (gap: number) => gap ** 2 / 2, k3: (gap: number) => Math.exp(gap) - gap - 1 };

/** Whether a measure of one token or completion is within the rule's bounds; for k1 a log ratio. */
function within(value: number, { rule, lower, upper }: RejectRule): boolean {
  if (!rule.endsWith("k1")) return value <= upper;
  const ratio = Math.exp(Math.max(-LARGEST, Math.min(LARGEST, value)));
  return ratio >= (lower ?? 1 / upper) && ratio <= upper;
}

/**
 * The masks [S][T] without the tokens and completions that fail a rule: 1 where every one of them holds. Measures are taken over the masks as
 * they were, so the order of the rules does not matter. Source: verl's rollout_rs.
 */
export function rejected(sequences: readonly Mismatch[], rules: readonly RejectRule[]): Float32Array[] {
  return sequences.map((sequence) => {
    const { mask, old, sampled } = sequence;
    const kept = mask.slice();
    for (const rule of rules) {
      const estimate = rule.rule.slice(-2) as "k1" | "k2" | "k3";
      const measure = estimate === "k1" ? (gap: number) => gap : divergence[estimate];
      if (rule.rule.startsWith("token")) {
        mask.forEach((_, t) => {
          if (!within(measure(old[t]! - sampled[t]!), rule)) kept[t] = 0;
        });
        continue;
      }
      const values = gaps(sequence).map(measure);
      const total = values.reduce((sum, value) => sum + value, 0);
      const whole = rule.rule.startsWith("seq_max")
        ? values.reduce((most, value) => Math.max(most, value), 0)
        : rule.rule.startsWith("seq_sum")
          ? total
          : total / Math.max(1, values.length);
      if (!within(whole, rule)) kept.fill(0);
    }
    return kept;
  });
}
