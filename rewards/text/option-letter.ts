/**
 * Reading the letter of a multiple-choice answer. `letters` are the options there are, upper case, in order: "ABCD".
 */

/** A letter with its text is not longer; of a longer sentence the end says what is meant. */
const [MAX_STRICT, MAX_LENIENT] = [2000, 10_000];

/** Dressing around a lone letter: `(b)`, `**B**`, `[B]`, `"B"`, `$B$`, `\text{B}`. */
const HEAD = /^(?:[\s"'`*_$([{]|\\text(?:bf)?(?=\{)|\\mathrm(?=\{)){0,24}([A-Za-z])(?=[\s"'`*_$)\]}]{0,24}(?:$|[)\]}.:]))/;

/**
 * The letter of an answer that is a letter, alone or before its text: `B`, `b`, `(b)`, `B)`, `B.`, `B. dog`, `B: dog`. Null for
 * `AB`, `A dog`, `A or B`, `A. cat or B. dog`, and for letters that no option has.
 */
export function strictLetter(text: string, letters: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length > MAX_STRICT) return null;
  const letter = HEAD.exec(trimmed)?.[1]?.toUpperCase();
  if (letter === undefined || !letters.includes(letter)) return null;
  const others = [...marked(trimmed, letters), ...bare(trimmed, letters)].filter((other) => other.letter !== letter);
  return others.length === 0 ? letter : null;
}

/**
 * The letter that a text settles on: as `strictLetter` has it; else the last `answer is B`, `answer: (B)` or `option B`; else
 * the last `(B)`, `B)`, `B.` or `B:`; else the last capital letter that stands alone and is not the words A or I.
 */
export function lenientLetter(text: string, letters: string): string | null {
  const strict = strictLetter(text, letters);
  if (strict !== null) return strict;
  const tail = text.slice(-MAX_LENIENT);
  for (const candidates of [said(tail, letters), marked(tail, letters), bare(tail, letters)]) {
    const last = candidates.at(-1);
    if (last !== undefined) return last.letter;
  }
  return null;
}

interface Found {
  letter: string;
  index: number;
}

function said(text: string, letters: string): Found[] {
  return found(text, /\b(?:answer|option|choice)(?: is|:| is:)? {0,4}[*_"'([]{0,4}([A-Z])(?![\p{L}\p{N}])/giu, letters).filter(
    ({ index, letter }) => letter !== "A" || !/^[Aa] [a-z]/.test(text.slice(index, index + 3)),
  );
}

/** Letters with a bracket, a full stop or a colon of their own: `(B`, `B)`, `B.`, `B:`. */
function marked(text: string, letters: string): Found[] {
  return found(text, /(?<![\p{L}\p{N}.])[([]([A-Z])[)\]]|(?<![\p{L}\p{N}.'])([A-Z])(?=[).:\]])/gu, letters);
}

function bare(text: string, letters: string): Found[] {
  return found(text, /(?<![\p{L}\p{N}'.])([A-Z])(?![\p{L}\p{N}'])/gu, letters).filter(
    ({ letter, index }) => !((letter === "A" || letter === "I") && /^. \p{L}/u.test(text.slice(index, index + 4))),
  );
}

function found(text: string, pattern: RegExp, letters: string): Found[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const written = match[1] ?? match[2]!;
    const letter = written.toUpperCase();
    return letters.includes(letter) ? [{ letter, index: match.index + match[0].lastIndexOf(written) }] : [];
  });
}
