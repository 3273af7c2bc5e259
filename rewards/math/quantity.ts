import { type Unit, unitOf } from "./units.ts";

/** A number as people write it, with what stands around it. */
export interface Quantity {
  /** as written: 12 for `12 %`, 3 for `3 km` */
  value: number;
  percent: boolean;
  /** what follows the number and is not a percent sign; "" without */
  unitText: string;
  /** the unit, where the table has it */
  unit: Unit | null;
}

const MAX_LENGTH = 200;
const CURRENCY: Record<string, string> = { $: "$", "€": "€", "£": "£", "¥": "¥", US$: "$", USD: "$", EUR: "€", GBP: "£" };
const SCALES: Record<string, number> = { hundred: 1e2, thousand: 1e3, k: 1e3, million: 1e6, billion: 1e9, trillion: 1e12 };

// Whole part with thousands groups or without, or a fraction part alone. Every repetition is of fixed pieces: no backtracking.
const UNSIGNED = String.raw`(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)`;
const POWER = String.raw`(?:[eE][+-]?[0-9]{1,4}|\s{0,2}(?:[x×*]|\\times|\\cdot)\s{0,2}10\s{0,2}\^\s{0,2}\{?\s{0,2}[+-]?[0-9]{1,4}\s{0,2}\}?)`;
const MIXED = /^([0-9]{1,15})(?:\s{1,2}|\s{0,2}-)([0-9]{1,15})\s{0,2}\/\s{0,2}([0-9]{1,15})/;
const FRACTION = new RegExp(String.raw`^(${UNSIGNED})\s{0,2}/\s{0,2}(${UNSIGNED})`);
const NUMBER = new RegExp(`^(${UNSIGNED})(${POWER})?`);

/**
 * Reads a whole text as one number: sign, currency, thousands separators, decimals (`.5`, `5.`), `1.5e3`, `1.5 x 10^3`, `3/4`,
 * `1 3/4`, `%`, `million`, and a unit behind it. Null for anything else: blanks, two numbers, text before the number, `1,00`,
 * `1/0`, digits of other scripts, numbers beyond 10^308, or more than 200 characters.
 */
export function parseQuantity(text: string): Quantity | null {
  if (text.length > MAX_LENGTH) return null;
  let rest = text
    .trim()
    .replace(/^\$([^$]*)\$$/, "$1")
    .replace(/\.$/, "")
    .replace(/\\([$%])/g, "$1")
    .replace(/−/g, "-")
    .trim();
  let sign = 1;
  let currency = "";
  for (let i = 0; i < 2; i++) {
    const signed = /^[+-]\s{0,2}/.exec(rest);
    if (signed !== null && i === 0) {
      sign = rest.startsWith("-") ? -1 : 1;
      rest = rest.slice(signed[0].length);
    }
    const mark = currency === "" ? /^(?:US\$|USD|EUR|GBP|[$€£¥])\s{0,2}/.exec(rest)?.[0] : undefined;
    if (mark === undefined) break;
    currency = CURRENCY[mark.trim()]!;
    rest = rest.slice(mark.length);
    if (sign === 1 && rest.startsWith("-")) {
      sign = -1;
      rest = rest.slice(1);
    }
  }
  const number = leading(rest);
  if (number === null) return null;
  rest = rest.slice(number.length).trim();
  let value = sign * number.value;
  const scale = /^(hundred|thousand|million|billion|trillion|k)(?![\p{L}\p{N}])/iu.exec(rest);
  if (scale !== null) {
    value *= SCALES[scale[1]!.toLowerCase()]!;
    rest = rest.slice(scale[0].length).trim();
  }
  const percent = /^(?:%|percent\b|per cent\b|pct\b)/i.exec(rest);
  if (percent !== null) rest = rest.slice(percent[0].length).trim();
  if (/[0-9]/.test(rest) && unitOf(rest) === null) return null;
  if (!/^[\p{L}°$€£¥¢²³^0-9/ .-]*$/u.test(rest) || !Number.isFinite(value)) return null;
  const unitText = currency === "" ? rest : rest === "" ? currency : `${currency} ${rest}`;
  return { value, percent: percent !== null, unitText, unit: unitText === "" ? null : unitOf(unitText) };
}

function leading(text: string): { value: number; length: number } | null {
  const mixed = MIXED.exec(text);
  if (mixed !== null) {
    const [all, whole, over, under] = mixed;
    return Number(under) === 0 ? null : { value: Number(whole) + Number(over) / Number(under), length: all.length };
  }
  const fraction = FRACTION.exec(text);
  if (fraction !== null) {
    const under = plain(fraction[2]!);
    return under === 0 ? null : { value: plain(fraction[1]!) / under, length: fraction[0].length };
  }
  const number = NUMBER.exec(text);
  if (number === null) return null;
  const exponent = /[+-]?[0-9]+(?=\s{0,2}\}?$)/.exec(number[2] ?? "")?.[0] ?? "0";
  return { value: Number(`${digitsOf(number[1]!)}e${exponent}`), length: number[0].length };
}

function plain(digits: string): number {
  return Number(digitsOf(digits));
}

/** The last number of a text with what belongs to it (`$1,234.50`, `12 %`, `3/4`), or null. For answers that come in a sentence. */
export function lastQuantity(text: string): Quantity | null {
  const tail = text.slice(-5000);
  const pattern = new RegExp(String.raw`(?<![\p{L}\p{N}.,])-?[$€£¥]?\s?${UNSIGNED}(?:\s?/\s?[0-9]+|${POWER})?(?:\s?%)?`, "gu");
  let last: Quantity | null = null;
  for (const [found] of tail.matchAll(pattern)) last = parseQuantity(found) ?? last;
  return last;
}

function digitsOf(written: string): string {
  return written.replace(/,/g, "").replace(/\.$/, "");
}
