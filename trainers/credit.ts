import type { Role } from "../core/types.ts";
import type { StoredRollout } from "../rollouts/schema.ts";
import type { Judged } from "./advantages/define.ts";
import { tokenEnds, tokensOf } from "./token-spans.ts";

/**
 * A rollout as advantage estimators see it: the characters of each judged step become the tokens that wrote them. `pieces` is the text of
 * every id, `weights` those of the rewards that enter the sum: what is only logged teaches nothing. Where tokens can't be placed in the text, steps
 * are left out rather than misplaced.
 */
export function judgedRollout(
  { reward, tokens, roles, text, parts }: StoredRollout,
  pieces: readonly string[],
  weights: ReadonlyMap<string, number>,
): Judged {
  const ends = tokenEnds(tokens, text, pieces);
  const judged: Judged = {
    reward,
    tokens: tokens.length,
    steps: [],
    parts: parts.flatMap(({ name, outcome }) => {
      const weight = weights.get(name);
      return weight === undefined ? [] : [{ name, weight, score: outcome.kind === "score" ? outcome.score : null }];
    }),
    tokenRewards: null,
    mask: policyMask(roles),
    compared: true,
  };
  if (ends === null) return judged;
  for (const { name, outcome } of parts) {
    if (outcome.kind !== "score" || !weights.has(name)) continue;
    outcome.steps?.forEach((step) => {
      const { start, end, score } = step;
      const span = tokensOf(ends, start, end);
      if (span !== null) judged.steps.push({ step: `${name}/${step.name}`, start: span[0], end: span[1], score });
    });
  }
  return judged;
}

/** [T] 1 for the tokens that the policy wrote. */
export function policyMask(roles: readonly Role[]): Float32Array {
  return Float32Array.from(roles, (role) => (role === "policy" ? 1 : 0));
}

/** [T] the number of the turn that each token is in: one ends where something else than the policy writes. */
export function turnsOf(roles: readonly Role[]): Float32Array {
  let turn = 0;
  return Float32Array.from(roles, (role, t) => {
    if (role === "policy" && t > 0 && roles[t - 1] !== "policy") turn++;
    return turn;
  });
}
