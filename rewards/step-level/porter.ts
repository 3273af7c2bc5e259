/**
 * The stem of an English word in lower case, by Porter's rules: caresses, caress; relational, relat; hopping, hop.
 * Words of one or two letters stay as they are, and so does what is not made of the letters a to z. Linear; never throws.
 * Source: Porter 1980, An algorithm for suffix stripping, with the two departures of its author's own program (bli to ble, logi to log).
 */
export function porterStem(word: string): string {
  if (!/^[a-z]{3,}$/.test(word)) return word;
  return step5(step4(step3(step2(step1(word)))));
}

/** The word as c and v, a letter each. */
function pattern(word: string): string {
  let out = "";
  for (let i = 0; i < word.length; i++) {
    const vowel = word[i] === "y" ? i > 0 && out[i - 1] === "c" : "aeiou".includes(word[i]!);
    out += vowel ? "v" : "c";
  }
  return out;
}

/** How often a vowel is followed by a consonant: the m of [C](VC)^m[V]. */
function measure(stem: string): number {
  return pattern(stem).split("vc").length - 1;
}

const hasVowel = (stem: string) => pattern(stem).includes("v");
const doubled = (stem: string) => stem.length > 1 && stem.at(-1) === stem.at(-2) && pattern(stem).endsWith("c");
/** consonant, vowel, consonant that is not w, x or y: as in hop */
const short = (stem: string) => pattern(stem).endsWith("cvc") && !/[wxy]$/.test(stem);

type Rules = readonly (readonly [suffix: string, replacement: string])[];

/** The first suffix that fits is replaced if the stem before it measures more than `least`; else nothing is. */
function replaced(word: string, rules: Rules, least: number): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const stem = word.slice(0, word.length - rule[0].length);
  return measure(stem) > least ? stem + rule[1] : word;
}

function step1(word: string): string {
  let out = word;
  if (/(?:ss|i)es$/.test(out)) out = out.slice(0, -2);
  else if (/[^s]s$/.test(out)) out = out.slice(0, -1);
  if (out.endsWith("eed")) {
    if (measure(out.slice(0, -3)) > 0) out = out.slice(0, -1);
  } else {
    const stem = out.endsWith("ed") ? out.slice(0, -2) : out.endsWith("ing") ? out.slice(0, -3) : null;
    if (stem !== null && hasVowel(stem)) {
      if (/(?:at|bl|iz)$/.test(stem)) out = `${stem}e`;
      else if (doubled(stem) && !/[lsz]$/.test(stem)) out = stem.slice(0, -1);
      else out = measure(stem) === 1 && short(stem) ? `${stem}e` : stem;
    }
  }
  return out.endsWith("y") && hasVowel(out.slice(0, -1)) ? `${out.slice(0, -1)}i` : out;
}

const STEP2: Rules = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["logi", "log"],
];
const STEP3: Rules = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];
const STEP4: Rules = [
  "al",
  "ance",
  "ence",
  "er",
  "ic",
  "able",
  "ible",
  "ant",
  "ement",
  "ment",
  "ent",
  "ou",
  "ism",
  "ate",
  "iti",
  "ous",
  "ive",
  "ize",
].map((suffix) => [suffix, ""]);

const step2 = (word: string) => replaced(word, STEP2, 0);
const step3 = (word: string) => replaced(word, STEP3, 0);

function step4(word: string): string {
  if (!/[st]ion$/.test(word)) return replaced(word, STEP4, 1);
  const stem = word.slice(0, -3);
  return measure(stem) > 1 ? stem : word;
}

function step5(word: string): string {
  let out = word;
  if (out.endsWith("e")) {
    const stem = out.slice(0, -1);
    const m = measure(stem);
    if (m > 1 || (m === 1 && !short(stem))) out = stem;
  }
  return out.endsWith("ll") && measure(out) > 1 ? out.slice(0, -1) : out;
}
