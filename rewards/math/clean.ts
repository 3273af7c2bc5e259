import { lastBoxed } from "../text/boxed.ts";
import { withoutProse } from "./phrases.ts";

/** Pairs of a pattern and what stands for it, applied in order. Every pattern is linear: no repetition within a repetition. */
const REWRITES: [RegExp, string][] = [
  [/(?<!\\)\\!/g, ""],
  [/\\(?:text|mathrm)\s?\{\s?(\\[$%])\s?\}/g, "$1"],
  [/\\(?:text|mathrm)\s?\{\s?([:;,+=-])\s?\}/g, "$1"],
  [/_\s?\{\s?\(\s?([0-9]{1,2})\s?\)\s?\}/g, "_{$1}"],
  [/(?<=[)\]])\s?U\s?(?=[([])/g, "\\cup "],
  [/\\(?:text)?color\s?\{[a-z]{1,20}\}/gi, ""],
  [/\{([^{}]{1,80})\\over(?![a-z])([^{}]{1,80})\}/g, "\\frac{$1}{$2}"],
  [/\{([^{}]{1,80})\\choose(?![a-z])([^{}]{1,80})\}/g, "\\binom{$1}{$2}"],
  [/(?:\{\})?_\s?\{?\s?([0-9]{1,4}|[a-z])\s?\}?\s?C\s?_\s?\{?\s?([0-9]{1,4}|[a-z])\s?\}?/g, "\\binom{$1}{$2}"],
  [/\\overline\s?\{\s?([A-Z]{2,3})\s?\}/g, "$1"],
  [/\\mathbf\s?\{?\s?([RZQN])\s?\}?$/g, "\\mathbb{$1}"],
  [/\\big(cup|cap)(?![a-z])/g, "\\$1"],
  [/\\top(?![a-z])/g, "T"],
  [/\\frac\s?\{d([a-z])\}\s?\{d[a-z]\}/g, "$1'"],
  [/\\(?:left|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits)(?![A-Za-z])\.?/g, ""],
  [/\\(?:dfrac|tfrac|cfrac|nicefrac|sfrac)(?![A-Za-z])/g, "\\frac"],
  [/\\(?:dbinom|tbinom)(?![A-Za-z])/g, "\\binom"],
  [/\\(?:leq|leqslant)(?![A-Za-z])|≤|<=|=</g, "\\le "],
  [/\\(?:geq|geqslant)(?![A-Za-z])|≥|>=/g, "\\ge "],
  [/\\(?:neq)(?![A-Za-z])|≠|!=/g, "\\ne "],
  [/\\lt(?![A-Za-z])/g, "<"],
  [/\\gt(?![A-Za-z])/g, ">"],
  [/\\begin\{(?:array\}\s?\{[clr|\s]*|smallmatrix|[BV]matrix)\}/g, "\\begin{matrix}"],
  [/\\end\{(?:array|smallmatrix|[BV]matrix)\}/g, "\\end{matrix}"],
  [/\\(?:lbrace|\{)\s{0,3}\\begin\{matrix\}([^{}]{1,300})\\end\{matrix\}(?!\s{0,3}\\\})/g, "\\begin{cases}$1\\end{cases}"],
  [/(?<=[0-9])\s?x\s?(?=10\s?\^)/g, "\\cdot "],
  [/\\(?:lbrace)(?![A-Za-z])/g, "\\{"],
  [/\\(?:rbrace)(?![A-Za-z])/g, "\\}"],
  [/\\(?:lbrack)(?![A-Za-z])/g, "["],
  [/\\(?:rbrack)(?![A-Za-z])/g, "]"],
  [/\\[lr]vert(?![A-Za-z])|\\vert(?![A-Za-z])/g, "|"],
  [/\{([,:;])\}/g, "$1"],
  [/\(\s?([a-z])\s?\\circ\s?([a-z])\s?\)(?=\s?\()/g, "\\text{$1 of $2}"],
  [/\{\}/g, ""],
  [/\\(?:text|textbf|textit|textrm|mathrm|mbox)\s?\{\s*([-+]?[0-9][0-9.,]*)\s*\}/g, "$1"], // \text{256}
  [/\\(?:angle|measuredangle)\s?([0-9])/g, "\\text{angle $1}"],
  [/\\(?:angle|measuredangle|triangle)(?![A-Za-z])/g, ""],
  [/(?<=[0-9])(?:(?<!\\)\\[,!;: ]|~)(?=[0-9]{3})/g, ""], // 1\,234
  [/(?<!\\)\\[,!;: ]|~|\\q?quad(?![A-Za-z])/g, " "],
  [/\\(?:degree|textdegree)(?![A-Za-z])|\^\s?\{?\s?\\circ\s?\}?|\^\s?o(?![A-Za-z])/g, "°"],
  [/\\%/g, "%"],
  [/(?<=[0-9)}])\s{0,3}(?:\\(?:text|mathrm|textrm|mbox)\s?\{\s?)?\s{0,2}(?:percent|per cent)(?![a-z])(?:\s?\})?/gi, "%"],
  [/\^\s?\{?\\prime\s?\}?|′|’/g, "'"],
  [/∅/g, "\\emptyset "],
  [/≈|\\(?:simeq|sim|doteq)(?![a-z])/g, "\\approx "],
  [/≡/g, "\\equiv "],
  [/\\(?:text|mathrm)\s?\{\s?\(\s?mod\s{0,3}\}/g, "\\mod "],
  [/\\(?:text|mathrm)\s?\{\s{0,3},?\s{0,3}(?:for|where|with)\s{0,3}\}(?=\s?[a-z]\s?\\in(?![a-z]))/g, ", "],
  [/\s{1,3}(?:for|where|with)\s{1,3}(?=[a-z]\s?\\in(?![a-z]))/g, ", "],
  [/\\p?b?mod(?![a-z])|\(\s?(?:\\(?:text|mathrm)\s?\{\s?)?mod(?![a-z])(?:\s?\})?\s{0,3}(?=[0-9a-z]{1,9}\s?\))/g, "\\mod "],
  [/\\(?:mathbf|boldsymbol|bm|mathit|mathsf|vec|hat|displaystyle|mathop)(?![A-Za-z])/g, ""],
  [/[−–]/g, "-"],
  [/×|⋅|·/g, "\\cdot "],
  [/\*\*/g, "^"],
  [/√/g, "\\sqrt"],
  [/π/g, "\\pi "],
  [/∞/g, "\\infty "],
  [/∪/g, "\\cup "],
  [/±/g, "\\pm "],
  [/²/g, "^2"],
  [/³/g, "^3"],
  [/½/g, "\\frac{1}{2}"],
  [/¼/g, "\\frac{1}{4}"],
  [/¾/g, "\\frac{3}{4}"],
  [/÷/g, "/"],
  [/\\(?:text|textnormal|mbox|textrm|mathrm|rm)\s?\{\s*(?:or|and)\s*\}/g, " , "],
];

/** `101 (base 2)`, `101\\text{ in base }2` */
const BASE =
  /(?<=[0-9A-F])\s{0,3}(?:\\text\s?\{\s{0,3})?\(?(?:in )?base[\s-]{0,3}(?:\}\s{0,3})?\{?([0-9]{1,2}|two|three|four|five|six|seven|eight|nine|ten)\}?\)?(?:\s?\})?$/;

/** What stands around an answer or beside it. */
const AROUND: [RegExp, string][] = [
  [/\\text\s?\{\s?all (?:real numbers|reals) except (?:for )?\}|^all (?:real numbers|reals) except (?:for )?/, "x \\ne "],
  [/^\*\*([^*]*)\*\*$/, "$1"],
  [/\$([^$\s](?:[^$]{0,300}[^$\s])?)\$/g, "$1"], // $25$ students
  [/\\\((.{0,300}?)\\\)/g, "$1"],
  [/(?:\\\\|\\newline|\\,)\s{0,5}$/, ""],
  [/^\\(?:text|mathrm|mbox)\s?\{([^{}]{0,80}[0-9][^{}]{0,80})\}$/, "$1"], // \text{2 hours}
  [/^\\(?:text|mathrm|mbox)\s?\{\s?(?:(?:it is|the points?|point|the year|the answer is)\s?){1,2}:?\s?\}\s{0,3}/i, ""],
  [/\(\s?(\\(?:text|mathrm)\s?\{[^{}]{1,40}\}(?:\^\{?[23]\}?)?)\s?\)$/, "$1"], // 12 (\text{cm})
  [/(?<=[0-9])\s{0,3}(?:\\text\s?\{\s?)?dozen(?![a-z])(?:\s?\})?/g, "\\cdot 12"],
  [/(?<=[0-9])\s{1,3}(?:\\text\s?\{\s{0,2})?to(?:\s{0,2}\})?\s{1,3}(?=[0-9])/g, ":"],
  [BASE, "_{$1}"],
  [/^(?:=|≈|\\approx(?![a-z]))\s{0,3}/, ""],
  [/(?:,\s{0,3})?\\(?:text|mathrm|mbox)\s?\{\s{0,3},?\s{0,3}(?:for (?:all|any|every|some|each)|where)(?![a-z]).{0,200}$/, ""],
  [/,?\s{1,3}(?:for (?:all|any|every|some|each)|where)\s.{0,200}$/, ""],
  [/(?<=[0-9])\s{1,3}(?:\\text\s?\{\s?)?\([A-Za-z][A-Za-z ]{2,40}\)(?:\s?\})?$/, ""], // 25 (students)
];

/** `\text{The answer is 91.}` */
const SENTENCE = /^\\(?:text|mbox)\s?\{\s?([^{}]{1,120}?)\.?\s?\}$/;

/** `0.333...` */
const REPEATED = /(\.[0-9]{0,12}?)([0-9])\2{2,20}\s?(?:\.\.\.|…|\\[lc]?dots)/g;

/** `4th`, `1^{\\text{st}}` */
const ORDINAL =
  /(?<![0-9.])([0-9]{0,8}(?:1[0-9](?=\D{0,9}th)|(?<!1)1(?=\D{0,9}st)|(?<!1)2(?=\D{0,9}nd)|(?<!1)3(?=\D{0,9}rd)|(?<!1)[04-9](?=\D{0,9}th)))(?:(?:st|nd|rd|th)(?![A-Za-z}])|\s?\^?\s?\\(?:text|mathrm)\{(?:st|nd|rd|th)\}|\s?\^\s?\{(?:\\(?:text|mathrm)\{(?:st|nd|rd|th)\}|st|nd|rd|th)\})/g;

const SCALES: Record<string, number> = { hundred: 2, thousand: 3, million: 6, billion: 9, trillion: 12 };
const SCALE = /(?<=[0-9])\s{0,3}(?:\\(?:text|mathrm)\s?\{\s*)?(hundred|thousand|million|billion|trillion)(?![a-z])(?:\s*\})?/gi;

/** The answer without what only concerns how it looks: math delimiters, a box, sizes, spacing, other spellings of one sign. */
export function clean(text: string): string {
  let out = text.trim();
  out = (lastBoxed(out) ?? out).trim();
  out = unwrapped(out)
    .replace(REPEATED, "$1\\overline{$2}")
    .replace(/[.\s]+$/, "");
  out = unwrapped(withoutProse(unwrapped(out)));
  out = out.replace(SENTENCE, (whole, inner: string) => (withoutProse(inner) === inner ? whole : withoutProse(inner)));
  for (const [pattern, replacement] of AROUND) out = out.replace(pattern, replacement).trim();
  out = statedValue(out);
  for (const [pattern, replacement] of REWRITES) out = out.replace(pattern, replacement);
  out = out.replace(/^[-+]?[0-9]{1,3}(?: [0-9]{3}){1,6}(?![0-9])/, (digits) => digits.replaceAll(" ", ""));
  out = out.replace(ORDINAL, "$1");
  // 2 1/2 and 2\frac{1}{2} are sums
  out = out.replace(/(?<![0-9.,/^_{}])([0-9]{1,9})\s{1,3}([0-9]{1,9})\s?\/\s?([0-9]{1,9})(?![0-9])/g, "($1+$2/$3)");
  out = out.replace(
    /(?<![0-9./^_}A-Za-z])([0-9]{1,9})\s{0,3}\\frac\s?(?:\{([0-9]{1,9})\}\s?\{([0-9]{1,9})\}|([0-9])([0-9]))/g,
    "($1+\\frac{$2$4}{$3$5})",
  );
  out = out.replace(SCALE, (_, word: string) => `\\cdot 10^{${SCALES[word.toLowerCase()]}}`);
  return out.replace(/(?<=[0-9.])[eE](?=[+-]?[0-9]{1,4}(?![0-9.]))([+-]?[0-9]+)/g, "\\cdot 10^{$1}").trim();
}

const COMPUTED = /^\\(?:lim|sum|prod|i{0,2}int|oint|det|sup|inf|begin\{vmatrix\})(?![A-Za-z])/;

/** What `\lim_{x \to 0} … =` and the like say that it is. */
function statedValue(text: string): string {
  if (!COMPUTED.test(text)) return text;
  let [depth, at] = [0, -1];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}") depth--;
    else if (text[i] === "=" && depth === 0) at = i;
  }
  return at < 0 || text.slice(at + 1).trim() === "" ? text : text.slice(at + 1).trim();
}

function unwrapped(text: string): string {
  for (const [open, close] of [
    ["$$", "$$"],
    ["$", "$"],
    ["\\(", "\\)"],
    ["\\[", "\\]"],
  ] as const) {
    if (text.length <= open.length + close.length || !text.startsWith(open) || !text.endsWith(close)) continue;
    const inner = text.slice(open.length, text.length - close.length);
    if (!inner.includes(open)) return inner.trim();
  }
  return text;
}

/** `1,234` as 1234, outside of brackets, where a comma parts the items. */
export function joinThousands(text: string): string {
  let depth = 0;
  let out = "";
  for (const piece of text.split(/([()[\]{}])/)) {
    if (/^[([{]$/.test(piece)) depth++;
    if (/^[)\]}]$/.test(piece)) depth--;
    out +=
      depth === 0
        ? piece.replace(
            /(?<![0-9.,])([0-9]{1,3})((?:,[0-9]{3})+)(?![0-9,])/g,
            (_, head: string, rest: string) => head + rest.replaceAll(",", ""),
          )
        : piece;
  }
  return out;
}

/** An answer in words, for texts without figures and signs: LaTeX's text commands, punctuation and articles off. */
export function wording(text: string): string {
  return text
    .replace(/\\(?:text|textbf|textit|textnormal|textrm|mathrm|mathbf|mbox|rm|operatorname)(?![A-Za-z])/g, "")
    .replace(/[{}$~]/g, " ")
    .normalize("NFKC")
    .replace(/["'`*.,!?]/g, " ")
    .replace(/(?<![\p{L}\p{N}])(?:an?|the)(?=\s+\p{L}{2})/giu, " ")
    .split(/\s/)
    .filter(Boolean)
    .join(" ");
}
