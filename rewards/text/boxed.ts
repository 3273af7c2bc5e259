/**
 * The content of the last `\boxed{…}` or `\fbox{…}`, braces balanced; null without a complete one. Of nested boxes the
 * outermost last one counts. Linear: each box is read once, and the search goes on behind it.
 */
export function lastBoxed(text: string): string | null {
  let last: string | null = null;
  const opening = /\\(?:boxed|fbox)\s{0,8}\{/g;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const start = match.index + match[0].length;
    const end = closingBrace(text, start);
    if (end < 0) return last; // nothing behind an open brace is balanced either, or it lies inside of it
    last = text.slice(start, end);
    opening.lastIndex = end;
  }
  return last;
}

/** Where the brace that was opened before `start` is closed; -1 if it never is. `\{` and `\}` are signs, not braces. */
export function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (char === "\\") i++;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return i;
  }
  return -1;
}

/** How many `\boxed{` the text opens. */
export function countBoxed(text: string): number {
  return text.match(/\\boxed\s{0,8}\{/g)?.length ?? 0;
}
