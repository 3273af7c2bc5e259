import type { StoredRollout } from "../rollouts/schema.ts";
import type { Judged } from "./advantages/define.ts";

/**
 * A rollout as advantage estimators see it: the characters of each judged step become the tokens that wrote them. `pieces` is the text of
 * every id, `counted` the rewards that enter the sum: what is only logged teaches nothing. Where the pieces do not make up the text (a character split over tokens), steps are left out rather than misplaced.
 */
export function judgedRollout(
  { reward, tokens, text, parts }: StoredRollout,
  pieces: readonly string[],
  counted: readonly string[],
): Judged {
  const ends: number[] = [];
  let written = 0;
  for (const id of tokens) {
    const piece = pieces[id] ?? "";
    // special tokens have a piece but leave no text
    if (text.startsWith(piece, written)) written += piece.length;
    ends.push(written);
  }
  const judged: Judged = { reward, tokens: tokens.length, steps: [] };
  if (written !== text.length) return judged;
  for (const { name, outcome } of parts) {
    if (outcome.kind !== "score" || !counted.includes(name)) continue;
    outcome.steps?.forEach((step) => {
      const { start, end, score } = step;
      const first = ends.findIndex((place) => place > start);
      const last = ends.findIndex((place) => place >= end);
      if (first >= 0 && last >= first) judged.steps.push({ step: `${name}/${step.name}`, start: first, end: last + 1, score });
    });
  }
  return judged;
}
