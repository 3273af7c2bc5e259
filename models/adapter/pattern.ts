/**
 * A regular expression of Python's `re` as one of JavaScript's, which matches as `re.fullmatch` does. What differs in spelling is
 * translated; what JavaScript has no word for throws a SyntaxError.
 */
export function fullMatch(pattern: string): RegExp {
  return compile(pattern, (body) => `^(?:${body})$`);
}

/** PEFT's match of a rank or alpha pattern: the whole path or its end behind a dot. */
export function endMatch(pattern: string): RegExp {
  return compile(pattern, (body) => `^(?:.*\\.)?(?:${body})$`);
}

/** PEFT's match of a layer pattern: the group `layer` is the first number behind it. */
export function layerMatch(pattern: string): RegExp {
  return compile(pattern, (body) => `^(?:.*?\\.)?(?:${body})\\.(?<layer>\\d+)\\.`);
}

/** Whether JavaScript can match it. */
export function isReadable(pattern: string): boolean {
  try {
    fullMatch(pattern);
    return true;
  } catch {
    return false;
  }
}

function compile(pattern: string, around: (body: string) => string): RegExp {
  const { body, flags } = translate(pattern);
  return new RegExp(around(body), flags);
}

const FLAGS = /^\(\?([a-zA-Z]+)\)/;

function translate(pattern: string): { body: string; flags: string } {
  const written = FLAGS.exec(pattern)?.[1] ?? "";
  for (const flag of written) if (!"aimsu".includes(flag)) throw new SyntaxError(`the flag (?${flag}) is not supported`);
  const flags = [...new Set(written)].filter((flag) => flag === "i" || flag === "s").join("");
  const rest = written === "" ? pattern : pattern.slice(written.length + 3);
  let body = "";
  for (let at = 0; at < rest.length; ) {
    const [piece, length] = next(rest, at);
    body += piece;
    at += length;
  }
  return { body, flags };
}

const SPELLED: [RegExp, (match: RegExpExecArray) => string][] = [
  [/\\A/y, () => "^"],
  [/\\Z/y, () => "$"],
  [/\\[\s\S]/y, ([text]) => text],
  [/\(\?P</y, () => "(?<"],
  [/\(\?P=(\w+)\)/y, ([, name]) => `\\k<${name}>`],
  [/\{,(\d+)\}/y, ([, most]) => `{0,${most}}`],
  // In Python a ] that comes first in a class is one of its characters; in JavaScript it would close an empty class.
  [/\[(\^?)(\]?)((?:\\[\s\S]|[^\]\\])*)\]/y, ([, not, bracket, others]) => `[${not}${bracket === "" ? "" : "\\]"}${others}]`],
];

function next(text: string, at: number): [piece: string, length: number] {
  for (const [from, to] of SPELLED) {
    from.lastIndex = at;
    const match = from.exec(text);
    if (match !== null) return [to(match), match[0].length];
  }
  return [text[at]!, 1];
}
