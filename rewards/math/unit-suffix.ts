import { FUNCTIONS } from "./tokens.ts";
import { unitOf } from "./units.ts";

const COMMAND = /\s*\\(?:text|textnormal|textrm|textbf|mathrm|mbox|rm|operatorname)\s?\{([^{}]*)\}(?:\^\s?\{?\s?([23])\s?\}?)?$/;
const WORDS = /(?<=[0-9)}%°]|\\pi)\s+([A-Za-z][A-Za-z .°²³]*(?:\^?[23])?(?:\/[A-Za-z]+(?:\^?2)?)?)$/;
const GLUED = /(?<=[0-9])([A-Za-z]{2,}(?:\^?[23])?(?:\/[A-Za-z]+)?|°[CF]?|[CF]°)$/;
/** Words that change the number, or join it to something. */
const NO_UNIT = new Set(
  "or and if for pi mod infinity inf in theta alpha beta plus minus times over to not dozen score half halves third thirds quarter quarters fifths tenths hundredths thousandths squared cubed percent".split(
    " ",
  ),
);
const NAMELESS = /^(?:(?:square|cubic|sq) )?units?$/i;

/**
 * An answer without the unit behind it, and that unit: `5\text{ cm}`, `5 cm^2`, `12 dollars`, `\$5`, `90°`, `25°C`. The unit is
 * in the table, or any words that are no function; "" without one, and for `square units`, which say nothing.
 */
export function splitUnit(text: string): { rest: string; unit: string } {
  const currency = /^(-?)\s?(?:\\?\$|€|£|¥)\s?(?=[-0-9.\\(])/.exec(text);
  if (currency !== null) {
    const sign = /[$€£¥]/.exec(currency[0])![0];
    return { rest: currency[1]! + withoutWords(text.slice(currency[0].length)), unit: sign };
  }
  const degrees = /°\s*(?:\\(?:text|mathrm)\s?\{\s*([CFK])\s*\}|([CF]))$/.exec(text);
  if (degrees !== null) return { rest: text.slice(0, degrees.index), unit: `°${degrees[1] ?? degrees[2]}` };
  if (text.endsWith("°") && text.length > 1 && !/sin|cos|tan|cot|sec|csc/.test(text)) return { rest: text.slice(0, -1).trim(), unit: "°" };
  for (const pattern of [COMMAND, WORDS, GLUED]) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const rest = text.slice(0, match.index).trim();
    const unit = `${match[1]!.trim()}${match[2] === undefined ? "" : `^${match[2]}`}`;
    if (unit.length === 1 && !/^[-+0-9.,/ ]+$/.test(rest)) continue; // 2x m is a product
    if (rest === "" || /[-+*/=^_(,<>{\\]$/.test(rest) || !isUnit(unit, pattern === COMMAND)) continue;
    return { rest, unit: NAMELESS.test(unit) ? "" : plain(unit) };
  }
  return { rest: text, unit: "" };
}

function isUnit(unit: string, quoted: boolean): boolean {
  if (unitOf(unit) !== null) return true;
  if (quoted) return /^[\p{L} .'^23/-]{2,40}$/u.test(unit) && !unit.split(" ").some((word) => NO_UNIT.has(word.toLowerCase()));
  const words = unit.split(/[ .]/).filter(Boolean);
  return (
    unit.length <= 40 &&
    /^[A-Za-z][A-Za-z ]{2,}$/.test(unit) &&
    !words.some((word) => FUNCTIONS.has(word) || NO_UNIT.has(word.toLowerCase()))
  );
}

function withoutWords(text: string): string {
  const { rest, unit } = splitUnit(text);
  return /^(?:dollar|usd|$)/i.test(unit) ? rest : text;
}

/** One spelling for singular and plural. */
function plain(unit: string): string {
  const lower = unitOf(unit) === null ? unit.toLowerCase() : unit;
  return lower.length > 3 && lower.endsWith("s") ? lower.slice(0, -1) : lower;
}
