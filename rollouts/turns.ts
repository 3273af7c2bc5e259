import type { Rollout, TurnLog, TurnSpan } from "../core/types.ts";

/**
 * A completion cut into stretches of one role each. Where a stretch ends in the text is where the text of all tokens up to there ends, so
 * that a tokenizer that writes a token by its neighbours is asked for what it really wrote. An empty completion is one turn of the policy.
 * `logs` are the environment's, by the first token of the turn that they are of.
 */
export function turnSpans(
  { tokens, roles, text }: Pick<Rollout, "tokens" | "roles" | "text">,
  decode: (ids: ArrayLike<number>) => string,
  logs: ReadonlyMap<number, TurnLog> = new Map(),
): TurnSpan[] {
  if (roles.length === 0) return [{ role: "policy", start: 0, end: text.length, firstToken: 0, endToken: 0 }];
  const spans: TurnSpan[] = [];
  let [firstToken, start] = [0, 0];
  for (let i = 1; i <= roles.length; i++) {
    if (i < roles.length && roles[i] === roles[firstToken]) continue;
    const end = i === roles.length ? text.length : Math.min(text.length, Math.max(start, decode(tokens.subarray(0, i)).length));
    const log = logs.get(firstToken);
    spans.push({ role: roles[firstToken]!, start, end, firstToken, endToken: i, ...(log === undefined ? {} : { log }) });
    [firstToken, start] = [i, end];
  }
  return spans;
}
