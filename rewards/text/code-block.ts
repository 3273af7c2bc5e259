const MAX_CODE = 50_000;

/**
 * The program of a completion: the last complete ``` block, without its language; with none, the last `<answer>…</answer>` or the whole text is
 * the caller's to choose. Null without a block, and for more than 50 000 characters.
 */
export function lastCodeBlock(text: string): string | null {
  const fences = [...text.matchAll(/^[ \t]{0,3}```([^\n`]{0,40})$/gm)];
  let last: string | null = null;
  for (let i = 0; i + 1 < fences.length; i += 2) {
    const [open, close] = [fences[i]!, fences[i + 1]!];
    last = text.slice(open.index + open[0].length + 1, close.index);
  }
  return last === null || last.length > MAX_CODE ? null : last;
}
