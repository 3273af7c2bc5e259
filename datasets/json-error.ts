const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where a text stops being JSON: the index of the first character that cannot be right (of the opening quote where a string is
 * broken), the text's length where it ends too early, or null where it is valid. Engines word this differently or leave it out.
 * Source: RFC 8259.
 */
export function jsonErrorIndex(text: string): number | null {
  const end = value(text, skip(text, 0));
  if (end < 0) return ~end;
  const rest = skip(text, end);
  return rest === text.length ? null : rest;
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

const skip = (text: string, at: number) => match(SPACE, text, at);

/** Each of these returns the index after what it read, or the complement (~) of the index where it broke. */
function value(text: string, at: number): number {
  switch (text[at]) {
    case "{":
      return list(text, at, "}", pair);
    case "[":
      return list(text, at, "]", value);
    case '"':
      return string(text, at);
    default: {
      const end = match(SCALAR, text, at);
      return end < 0 ? ~at : end;
    }
  }
}

function string(text: string, at: number): number {
  const end = text[at] === '"' ? match(STRING, text, at) : -1;
  return end < 0 ? ~at : end;
}

function pair(text: string, at: number): number {
  const key = string(text, at);
  if (key < 0) return key;
  const colon = skip(text, key);
  return text[colon] === ":" ? value(text, skip(text, colon + 1)) : ~colon;
}

function list(text: string, open: number, close: string, item: (text: string, at: number) => number): number {
  let at = skip(text, open + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    const end = item(text, at);
    if (end < 0) return end;
    at = skip(text, end);
    if (text[at] === close) return at + 1;
    if (text[at] !== ",") return ~at;
    at = skip(text, at + 1);
  }
}
