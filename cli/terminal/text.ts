const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

function charWidth(char: string): number {
  if (NO_WIDTH.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/** Columns that a text without control characters takes in a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** The text, cut to so many columns; a cut shows as an ellipsis. */
export function truncate(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return "";
  let width = 0;
  let out = "";
  for (const char of text) {
    width += charWidth(char);
    if (width > columns - 1) break;
    out += char;
  }
  return `${out}…`;
}

export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - textWidth(text)));
}

export function padStart(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - textWidth(text))) + text;
}

/**
 * Text of a policy, a dataset or a user's file, safe to print: control characters, which could move the cursor or recolour the
 * screen, and marks that turn the direction of writing become their escapes. Line ends stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    if (char === "\n") return char;
    if (char === "\t") return "  ";
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Lines of at most so many columns, broken at spaces where there are any; the text's own line ends stay. */
export function wrap(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => wrapLine(line, Math.max(1, columns)));
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = [];
  let start = 0;
  let width = 0;
  let space = -1;
  for (let i = 0; i < line.length; ) {
    const char = String.fromCodePoint(line.codePointAt(i)!);
    const next = width + charWidth(char);
    if (next > columns && i > start) {
      const end = char === " " ? i : space > start ? space : i;
      lines.push(line.slice(start, end));
      start = line[end] === " " ? end + 1 : end;
      i = start;
      width = 0;
      space = -1;
      continue;
    }
    if (char === " ") space = i;
    width = next;
    i += char.length;
  }
  lines.push(line.slice(start));
  return lines;
}
