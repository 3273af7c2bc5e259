const ALONE = /^\(?\s?([A-Z])\s?\)?[.:]?$/;
const WITH_CONTENT = /^(?:\(([A-H])\)|([A-H])[.):](?![A-Za-z=]))\s{0,4}(\S.{0,200})$/s;
const DRESS = /^\s?\\(?:text|textbf|textrm|mathrm|mathbf|mbox|rm|bf)\s?\{\s?(\(?[A-H]\)?[.:)]?)\s{0,3}\}/;

const QUOTED = /^\\(?:text|textbf|mathrm|mbox)\s?\{\s?\(?([A-H])\)?\s?\}$/;

interface Option {
  letter: string;
  content: string | null;
}

/** `B`, `(B)`, `B.`, `\textbf{(B)}\ 12` or `B. 12` as a letter and what it stands for; null for what names no option. */
export function option(text: string): Option | null {
  const bare = text.replace(/^\\(?:text|textbf|mbox)\s?\{\s?((?:option|choice)\s[^{}]{1,40})\}$/i, "$1");
  const plain = bare
    .replace(/^(?:option|choice)\s/i, "")
    .replace(DRESS, "$1 ")
    .trim();
  const alone = ALONE.exec(plain);
  if (alone !== null) return { letter: alone[1]!, content: null };
  const match = WITH_CONTENT.exec(plain);
  return match === null ? null : { letter: (match[1] ?? match[2])!, content: match[3]! };
}

/** A lone small letter is a capital one beside a letter that is set as text. */
function lettered(text: string, other: string): string {
  return /^\(?[a-h]\)?$/.test(text) && QUOTED.test(other) ? text.toUpperCase() : text;
}

/** Whether two answers name one option; null where that is not decided by letters, and the contents are left to compare. */
export function sameOption(a: string, b: string): boolean | [string, string] | null {
  const [left, right] = [option(lettered(a, b)), option(lettered(b, a))];
  if (left !== null && right !== null) {
    if (left.letter !== right.letter) return false;
    return left.content === null || right.content === null ? true : [left.content, right.content];
  }
  const [contents, other] = left !== null ? [left.content, b] : [right?.content ?? null, a];
  return contents === null ? null : [contents, other];
}

/** Whether `A, C`, `A and C` or `AC` are the same several options; one of them must part the letters, since AC may be a line. */
export function sameLetters(a: string, b: string): boolean {
  const [left, right] = [letters(a), letters(b)];
  return left !== null && right !== null && (left.parted || right.parted) && left.all === right.all;
}

function letters(text: string): { all: string; parted: boolean } | null {
  const plain = text.replace(/\\(?:text|mathrm|mbox)(?![A-Za-z])|[{}()]/g, "").replace(/ and |&/g, ",");
  if (plain.length > 40 || !/^[A-H](?:[\s,;]{0,4}[A-H]){1,7}$/.test(plain)) return null;
  const found = plain.match(/[A-H]/g)!;
  return { all: [...new Set(found)].sort().join(""), parted: /,/.test(plain) };
}
