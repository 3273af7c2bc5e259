const SMALL: Record<string, number> = Object.fromEntries(
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
    .split(" ")
    .map((word, i) => [word, i]),
);
const TENS: Record<string, number> = Object.fromEntries(
  "twenty thirty forty fifty sixty seventy eighty ninety".split(" ").map((word, i) => [word, 10 * (i + 2)]),
);
const SCALES: Record<string, number> = { hundred: 100, thousand: 1e3, million: 1e6, billion: 1e9 };
const PARTS: Record<string, number> = {
  ...{ half: 2, halves: 2, third: 3, thirds: 3, quarter: 4, quarters: 4, fourth: 4, fourths: 4, fifth: 5, fifths: 5, sixth: 6, sixths: 6 },
  ...{ seventh: 7, sevenths: 7, eighth: 8, eighths: 8, ninth: 9, ninths: 9, tenth: 10, tenths: 10 },
};
const MAX_WORDS = 12;

/**
 * A text that begins with a number in words, with that number in figures: `seven apples` is `7 apples`, `three quarters` is
 * `(3/4)`, `two and a half` is `(2+1/2)`. Null where it begins with none.
 */
export function figures(text: string): string | null {
  const plain = text.replace(/\\(?:text|mathrm|mbox)(?![A-Za-z])|[{}$]/g, " ").trim();
  if (!/^[A-Za-z]/.test(plain) || plain.length > 120) return null;
  const [, minus = "", counted = ""] = /^((?:negative|minus)\s{1,3})?(.*)$/s.exec(plain.toLowerCase())!;
  const found = counting(counted.split(/[\s-]+/));
  return found === null ? null : `${minus === "" ? "" : "-"}${found}`;
}

function counting(words: string[]): string | null {
  const [whole, used] = wholeNumber(words);
  const [first, second, third] = words.slice(used);
  if (used === 0) {
    const article = first === "a" || first === "an" ? 1 : 0;
    const part = PARTS[words[article] ?? ""];
    return part !== undefined && words.length === article + 1 && (article === 1 || first === "half") ? `(1/${part})` : null;
  }
  if (first === "and" && (second === "a" || second === "one") && PARTS[third ?? ""] !== undefined && words.length === used + 3) {
    return `(${whole}+1/${PARTS[third!]})`;
  }
  if (PARTS[first ?? ""] !== undefined && words.length === used + 1) return `(${whole}/${PARTS[first!]})`;
  return [String(whole), ...words.slice(used)].join(" ");
}

/** The whole number at the front, and of how many words it is. */
function wholeNumber(words: string[]): [value: number, used: number] {
  let [total, group, used] = [0, 0, 0];
  for (const word of words.slice(0, MAX_WORDS)) {
    const scale = SCALES[word];
    const small = SMALL[word] ?? TENS[word];
    if (small !== undefined && (group % 10 === 0 || used === 0) && !(group % 100 > 0 && (group % 100 < 20 || small >= 10))) group += small;
    else if (scale === 100 && used > 0) group *= 100;
    else if (scale !== undefined && used > 0) {
      total += group * scale;
      group = 0;
    } else if (word === "and" && group % 100 === 0 && group > 0 && (SMALL[words[used + 1] ?? ""] ?? TENS[words[used + 1] ?? ""])) {
      used++;
      continue;
    } else break;
    used++;
  }
  return [total + group, used];
}

/** What people write for one thing, in lower case. */
const SAME: [string, RegExp][] = [
  [
    "\\emptyset",
    /^(?:there (?:is|are) )?no (?:real )?solutions?(?: exists?)?$|^(?:the )?empty set$|^\\(?:emptyset|varnothing)$|^∅$|^\\\{\s*\\\}$/,
  ],
  ["\\mathbb{R}", /^(?:all|any|every|the) (?:real numbers?|reals?)$|^x can be any real number$/],
  ["dne", /^dne$|^(?:it |the limit )?(?:does not|doesn t|doesnt) exist$|^undefined$/],
  ["converges", /^(?:it |the (?:series|integral|sequence) )?(?:converges?|convergent|is convergent)$/],
  ["diverges", /^(?:it |the (?:series|integral|sequence) )?(?:diverges?|divergent|is divergent)$/],
  ["-\\infty", /^(?:negative|minus) infinity$/],
  ["\\infty", /^(?:positive )?infinity$|^infinitely many(?: solutions)?$|^infinite(?:ly many)?(?: solutions)?$/],
];

/** The one spelling for an answer in words that has several, or null. */
export function phrase(words: string): string | null {
  const lower = words.toLowerCase();
  if (lower.length > 60) return null;
  return SAME.find(([, pattern]) => pattern.test(lower))?.[0] ?? null;
}

const PROSE =
  /^(?:so|thus|therefore|hence)?,?\s{0,3}(?:(?:the|my|our|final|correct|right|best|required|exact|total|only)\s{1,3}){0,4}(?:answer|option|choice|value|result|solution|solutions|answers|number|total|sum|area|probability)\s{0,3}(?:is|are|=|:)\s{0,3}:?\s{0,3}/i;

const LEAD =
  /^(?:on (?=[A-Z][a-z]+day)|(?:there (?:is|are)|we (?:get|have)|it is|it's|(?:in )?the year|the points?|point)\s{1,3}(?=[A-Z0-9(]))/i;

/** Without `The answer is` in front. */
export function withoutProse(text: string): string {
  const match = PROSE.exec(text) ?? LEAD.exec(text);
  return match === null || match[0].length === text.length ? text : text.slice(match[0].length);
}
