import type { Role, Turn, TurnLog, TurnSpan } from "../core/types.ts";

/** A stretch of a trajectory as one writes it down: who wrote what, and what the environment knows of it. */
export interface WrittenTurn {
  role: Role;
  text: string;
  log?: TurnLog;
}

/**
 * A completion from the turns that it is made of, for tests, rows and requests that come as turns. `tokens` are not known: a character counts
 * as one.
 */
export function episode(written: readonly WrittenTurn[]): { completion: string; turns: Turn[]; tokens: number } {
  let at = 0;
  const turns = written.map(({ role, text, log }): Turn => {
    const start = at;
    at += text.length;
    return { role, text, start, end: at, firstToken: start, endToken: at, ...(log === undefined ? {} : { log }) };
  });
  return { completion: written.map(({ text }) => text).join(""), turns, tokens: at };
}

/** Whether an environment wrote anything. */
export function isObserved(turns: readonly TurnSpan[]): boolean {
  return turns.some(({ role }) => role === "observation");
}

/**
 * What the policy wrote: the completion with line feeds in place of what others wrote, so that places in the text stay the same and no tag of
 * theirs is taken for the policy's; with another filler, that many times. The completion itself where the policy wrote all of it.
 */
export function policyText({ completion, turns }: { completion: string; turns: readonly Turn[] }, filler: "\n" | "" = "\n"): string {
  if (turns.every(({ role }) => role === "policy")) return completion;
  return turns.map(({ role, text }) => (role === "policy" ? text : filler.repeat(text.length))).join("");
}

/** What the environment wrote between two places of the text. */
export function observedText(turns: readonly Turn[], start: number, end: number): string {
  return turns.flatMap((turn) => (turn.role === "observation" && turn.start >= start && turn.start < end ? [turn.text] : [])).join("\n");
}

/**
 * A text cut into turns by the tags that an environment puts around what it says; one that is not closed is the policy's. Whoever wrote the text
 * may have written the tags too. Linear.
 */
export function turnsByTag(text: string, tag: string): Turn[] {
  const [open, close] = [`<${tag}>`, `</${tag}>`];
  const written: WrittenTurn[] = [];
  let from = 0;
  while (true) {
    const start = text.indexOf(open, from);
    const end = start < 0 ? -1 : text.indexOf(close, start);
    if (end < 0) break;
    written.push({ role: "policy", text: text.slice(from, start) }, { role: "observation", text: text.slice(start, end + close.length) });
    from = end + close.length;
  }
  return episode([...written, { role: "policy", text: text.slice(from) }]).turns;
}
