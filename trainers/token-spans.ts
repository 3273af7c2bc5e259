/**
 * Where each token's text ends in the text that they make up, in characters; tokens that leave no text (special ones) end where the one
 * before did. `pieces` is the text of every id. Null where the pieces do not make up the text (a character split over tokens).
 */
export function tokenEnds(tokens: ArrayLike<number>, text: string, pieces: readonly string[]): number[] | null {
  let written = 0;
  const ends = Array.from(tokens, (id) => {
    const piece = pieces[id] ?? "";
    if (text.startsWith(piece, written)) written += piece.length;
    return written;
  });
  return written === text.length ? ends : null;
}

/** The tokens [first, end) that wrote characters [from, to); a token that wrote some of them counts whole. Null where none did. */
export function tokensOf(ends: readonly number[], from: number, to: number): [first: number, end: number] | null {
  const first = ends.findIndex((place) => place > from);
  const last = ends.findIndex((place) => place >= to);
  return first >= 0 && last >= first ? [first, last + 1] : null;
}
