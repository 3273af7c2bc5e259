import type { StoredRollout } from "../rollouts/schema.ts";
import type { Judged } from "./advantages/define.ts";
import { tokenEnds, tokensOf } from "./token-spans.ts";

/**
 * A rollout as advantage estimators see it: the characters of each judged step become the tokens that wrote them. `pieces` is the text of
 * every id, `counted` the rewards that enter the sum: what is only logged teaches nothing. Where tokens can't be placed in the text, steps
 * are left out rather than misplaced.
 */
export function judgedRollout(
  { reward, tokens, text, parts }: StoredRollout,
  pieces: readonly string[],
  counted: readonly string[],
): Judged {
  const ends = tokenEnds(tokens, text, pieces);
  const judged: Judged = { reward, tokens: tokens.length, steps: [] };
  if (ends === null) return judged;
  for (const { name, outcome } of parts) {
    if (outcome.kind !== "score" || !counted.includes(name)) continue;
    outcome.steps?.forEach((step) => {
      const { start, end, score } = step;
      const span = tokensOf(ends, start, end);
      if (span !== null) judged.steps.push({ step: `${name}/${step.name}`, start: span[0], end: span[1], score });
    });
  }
  return judged;
}
