import { FUNCTIONS } from "./tokens.ts";
import { unitOf } from "./units.ts";

const QUOTES = "text|textnormal|textrm|textbf|textit|mathrm|mbox|rm|operatorname|unit";
const COMMAND = new RegExp(String.raw`\s*\\(?:${QUOTES})\s?\{([^{}]*)\}(?:\^\s?\{?\s?([23])\s?\}?)?$`);
const WORDS = /(?<=[0-9)}%°]|\\pi)\s+([A-Za-z][A-Za-z .°²³]*(?:\^?[23])?(?:\/[A-Za-z]+(?:\^?2)?)?)$/;
const GLUED = /(?<=[0-9])([A-Za-z]{2,}(?:\^?[23])?(?:\/[A-Za-z]+)?|°[CF]?|[CF]°)$/;
/** where a unit may begin that is more than one word */
const START = new RegExp(String.raw`(?<=[0-9)}%]|\\pi)\s*(?=\\(?:${QUOTES})\s?\{|\\frac|\\Omega|\\mu|\\mathring|[A-Za-zµμΩ°Å])`, "g");
const MAX_STARTS = 6;
const QUOTED = new RegExp(String.raw`\\(?:${QUOTES})(?![A-Za-z])`, "g");
/** Words that change the number, or join it to something. */
const NO_UNIT = new Set(
  "or and if for pi mod infinity inf in theta alpha beta plus minus times over to not dozen score half halves third thirds quarter quarters fifths tenths hundredths thousandths squared cubed percent".split(
    " ",
  ),
);
const DIRECTION =
  /(?<=[0-9].{0,60}[A-Za-z}])(?:\s|\\text\s?\{\s{0,3}){1,3}(?:to the |due |towards? )?(right|left|north|south|east|west|upwards?|downwards?|up|down)\s?\}?$/i;
const NAMELESS = /^(?:(?:square|cubic|sq\.?) )?units?(?:\^[23]| squared| cubed)?$/i;

/**
 * An answer without the unit behind it, and that unit: `5\text{ cm}`, `5 cm^2`, `12 dollars`, `\$5`, `90°`, `25°C`,
 * `9.8\,\mathrm{m/s^2}`. The unit is in the table or made of such, or any words that are no function; "" without one, and for
 * `square units`, which say nothing.
 */
export function splitUnit(text: string): { rest: string; unit: string } {
  const currency = /^(-?)\s?(?:\\?\$|€|£|¥|USD|EUR|GBP)\s?(?=[-0-9.\\(])/.exec(text);
  if (currency !== null) {
    const written = /[$€£¥]|[A-Z]{3}/.exec(currency[0])![0];
    const sign = { USD: "$", EUR: "€", GBP: "£" }[written] ?? written;
    return { rest: currency[1]! + withoutWords(text.slice(currency[0].length)), unit: sign };
  }
  const product = compound(text);
  if (product !== null && /\//.test(product.unit)) return product;
  const degrees = /°\s*(?:\\(?:text|mathrm)\s?\{\s*([CFK])\s*\}|([CF]))$/.exec(text);
  if (degrees !== null) return { rest: text.slice(0, degrees.index), unit: `°${degrees[1] ?? degrees[2]}` };
  if (text.endsWith("°") && text.length > 1 && !/sin|cos|tan|cot|sec|csc/.test(text)) return { rest: text.slice(0, -1).trim(), unit: "°" };
  return product ?? words(text) ?? { rest: text, unit: "" };
}

/** `5 m/s to the right` and `5 \text{ N east}` without where it points to. */
export function splitDirection(text: string): { rest: string; direction: string | null } {
  const match = DIRECTION.exec(text);
  if (match === null) return { rest: text, direction: null };
  const quoted = match[0].endsWith("}") && !match[0].includes("{");
  return { rest: text.slice(0, match.index) + (quoted ? "}" : ""), direction: match[1]!.toLowerCase() };
}

/** A unit of the table, or a product of such, however it is typeset. */
function compound(text: string): { rest: string; unit: string } | null {
  START.lastIndex = 0;
  for (let i = 0, match = START.exec(text); i < MAX_STARTS && match !== null; i++, match = START.exec(text)) {
    const written = text.slice(match.index + match[0].length);
    if (match[0] === "") START.lastIndex++;
    if (written.length > 120) continue;
    const rest = text.slice(0, match.index).trim();
    const unit = spelled(written);
    const quoted = /\\(?!cdot|times|mu|Omega|frac)/.test(written);
    if (!quoted && (/[a-zA-Z] [a-zA-Z]/.test(unit) || (unit.length === 1 && !isNumber(rest)))) continue; // 2m and 2 g h are products
    if (/[a-zA-Zμ]/.test(written) && match[0] === "" && !quoted && /^[a-zA-Z](?![a-zA-Z])/.test(written) && !isNumber(rest)) continue;
    if (endsOpen(rest) || unitOf(unit) === null) continue;
    return { rest, unit };
  }
  return null;
}

/** A unit without LaTeX's dress: `\mathrm{~kg} \cdot \mathrm{m} / \mathrm{s}^{2}` is kg·m/s^2. */
function spelled(written: string): string {
  return written
    .replace(/\\frac\s?\{((?:[^{}]|\{[^{}]*\}(?:\^\s?\{?[23]\}?)?){1,60})\}\s?\{((?:[^{}]|\{[^{}]*\}){1,60})\}/, "$1/$2")
    .replace(QUOTED, " ")
    .replace(/\\(?:cdot|times)(?![A-Za-z])/g, "·")
    .replace(/\\mu(?![A-Za-z])\s?/g, "μ")
    .replace(/\\Omega(?![A-Za-z])/g, "Ω")
    .replace(/[{}~]/g, " ")
    .replace(/\s{0,9}([/·^])\s{0,9}/g, "$1")
    .replace(/\s{1,9}/g, " ")
    .replace(/μ (?=[A-Za-z])/g, "μ")
    .replace(/°\s(?=[CF](?![A-Za-z]))/g, " °")
    .replace(/(?<=[A-Za-z])°(?=[CF](?![A-Za-z]))/g, " °")
    .replace(/(?<![A-Za-z])([kMmGnp]) (?=Ω)/g, "$1")
    .replace(/\^-\s/g, "^-")
    .trim();
}

function words(text: string): { rest: string; unit: string } | null {
  for (const pattern of [COMMAND, WORDS, GLUED]) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const rest = text.slice(0, match.index).trim();
    const unit = `${match[1]!.trim()}${match[2] === undefined ? "" : `^${match[2]}`}`;
    if (unit.length === 1 && !isNumber(rest)) continue; // 2x m is a product
    if (endsOpen(rest) || !isUnit(unit, pattern === COMMAND)) continue;
    return { rest, unit: NAMELESS.test(unit) ? "" : plain(unit) };
  }
  return null;
}

function isNumber(text: string): boolean {
  return /^[-+0-9.,/ ]+(?:(?:\*|x|\\cdot|\\times) ?10 ?\^ ?\{? ?[-+]?[0-9]{1,4} ?\}?)?$/.test(text);
}

function endsOpen(rest: string): boolean {
  return rest === "" || /[-+*/=^_(,<>{\\]$/.test(rest);
}

function isUnit(unit: string, quoted: boolean): boolean {
  if (unitOf(unit) !== null || NAMELESS.test(unit)) return true;
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
  const known = unitOf(unit);
  return known === null || known.dimension === "dollar" ? rest : text;
}

/** One spelling for singular and plural. */
function plain(unit: string): string {
  if (unitOf(unit) !== null) return unit;
  const lower = unit.toLowerCase();
  return lower.length > 3 && lower.endsWith("s") ? lower.slice(0, -1) : lower;
}
