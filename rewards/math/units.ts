import { factorsOf } from "./unit-factors.ts";

/** A unit: what it measures, and how many of that dimension's base unit it is. */
export interface Unit {
  dimension: string;
  factor: number;
}

const INCH = 0.0254;
const POUND = 0.45359237;
const CALORIE = 4.184;
const GRAVITY = 9.80665;

/** What each dimension is in base units; those that are not listed are their own base. */
const DIMENSIONS: Record<string, string> = {
  length: "m",
  area: "m2",
  volume: "m3",
  mass: "kg",
  time: "s",
  speed: "m s-1",
  energy: "kg m2 s-2",
  power: "kg m2 s-3",
  force: "kg m s-2",
  pressure: "kg m-1 s-2",
  frequency: "s-1",
  charge: "A s",
  voltage: "kg m2 s-3 A-1",
  resistance: "kg m2 s-3 A-2",
  capacitance: "kg-1 m-2 s4 A2",
  induction: "kg s-2 A-1",
  flux: "kg m2 s-2 A-1",
  inductance: "kg m2 s-2 A-2",
  molarity: "m-3 amount",
};

/** Spellings of each unit by dimension, with the factor to its base unit. Temperatures differ by more than a factor and only equal themselves. */
const TABLE: Record<string, [factor: number, ...spellings: string[]][]> = {
  length: [
    [1, "m", "meter", "metre"],
    [INCH, "in", "inch", "inches"],
    [12 * INCH, "ft", "foot", "feet"],
    [36 * INCH, "yd", "yard"],
    [63360 * INCH, "mi", "mile"],
    [9.4607304725808e15, "ly", "light-year", "light year"],
    [1e-10, "Å", "angstrom"],
  ],
  area: [
    [1, "sq m"],
    [1e6, "sq km"],
    [1e-4, "sq cm"],
    [INCH ** 2, "sq in"],
    [(12 * INCH) ** 2, "sq ft"],
    [1e4, "ha", "hectare"],
    [4046.8564224, "acre"],
  ],
  volume: [
    [1e-3, "l", "L", "liter", "litre"],
    [1e-6, "cc"],
    [231 * INCH ** 3, "gal", "gallon"],
  ],
  mass: [
    [1e-3, "g", "gram"],
    [1e3, "t", "tonne", "metric ton"],
    [POUND, "lb", "lbs", "pound"],
    [POUND / 16, "oz", "ounce"],
  ],
  time: [
    [1, "s", "sec", "secs", "second"],
    [60, "min", "mins", "minute"],
    [3600, "h", "hr", "hrs", "hour"],
    [86400, "day"],
    [604800, "week"],
  ],
  speed: [
    [1 / 3.6, "kmh", "kph"],
    [(63360 * INCH) / 3600, "mph"],
  ],
  angle: [
    [Math.PI / 180, "°", "deg", "degree"],
    [1, "rad", "radian"],
    [2 * Math.PI, "rev", "revolution"],
  ],
  energy: [
    [1, "J", "joule"],
    [CALORIE, "cal", "calorie"],
    [3.6e6, "kWh"],
    [1.602176634e-19, "eV", "electronvolt", "electron volt"],
  ],
  power: [[1, "W", "watt"]],
  force: [
    [1, "N", "newton"],
    [POUND * GRAVITY, "lbf"],
  ],
  pressure: [
    [1, "Pa", "pascal"],
    [1e5, "bar"],
    [101325, "atm", "atmosphere"],
    [101325 / 760, "mmHg", "torr"],
  ],
  frequency: [[1, "Hz", "hertz"]],
  current: [[1, "A", "amp", "ampere"]],
  charge: [[1, "C", "coulomb"]],
  voltage: [[1, "V", "volt"]],
  resistance: [[1, "Ω", "ohm"]],
  capacitance: [[1, "F", "farad"]],
  induction: [
    [1, "T", "tesla"],
    [1e-4, "gauss"],
  ],
  flux: [[1, "Wb", "weber"]],
  inductance: [[1, "H", "henry"]],
  amount: [[1, "mol", "mole"]],
  molarity: [[1e3, "M", "molar"]],
  celsius: [[1, "°C", "degC", "celsius", "degree celsius", "degrees celsius"]],
  fahrenheit: [[1, "°F", "degF", "fahrenheit", "degree fahrenheit", "degrees fahrenheit"]],
  kelvin: [[1, "K", "kelvin"]],
  dollar: [
    [1, "$", "usd", "dollar"],
    [0.01, "¢", "cent"],
  ],
  euro: [[1, "€", "eur", "euro"]],
  pound: [[1, "£", "gbp"]],
  yen: [[1, "¥", "jpy", "yen"]],
};

/** What takes a prefix, by symbol and by name. */
const PREFIXED = new Set(
  "m g s l L J W N Pa Hz A C V Ω F T H Wb mol M K eV cal bar meter metre gram second liter litre joule watt newton pascal hertz amp ampere coulomb volt ohm farad tesla henry mole calorie electronvolt".split(
    " ",
  ),
);
const SYMBOL_PREFIXES: Record<string, number> = { T: 12, G: 9, M: 6, k: 3, d: -1, c: -2, m: -3, μ: -6, u: -6, n: -9, p: -12 };
const NAME_PREFIXES: Record<string, number> = { giga: 9, mega: 6, kilo: 3, deci: -1, centi: -2, milli: -3, micro: -6, nano: -9, pico: -12 };

const units = new Map<string, Unit>();
for (const [dimension, rows] of Object.entries(TABLE)) {
  for (const [factor, ...spellings] of rows) for (const spelling of spellings) units.set(spelling, { dimension, factor });
}
for (const name of PREFIXED) {
  const { dimension, factor } = units.get(name)!;
  const prefixes = name.length > 3 ? NAME_PREFIXES : SYMBOL_PREFIXES;
  for (const [prefix, power] of Object.entries(prefixes)) {
    if (!units.has(prefix + name)) units.set(prefix + name, { dimension, factor: Number(`1e${power}`) * factor });
  }
}
/** In lower case too, so that `KM` is a kilometre; not where case tells two units apart, as with `MW` and `mW`, nor a lone letter. */
const folded = new Map<string, Unit | null>();
for (const [spelling, unit] of units) {
  const lower = spelling.toLowerCase();
  const other = folded.get(lower);
  folded.set(lower, other === undefined || other?.factor === unit.factor ? unit : null);
}
for (const [lower, unit] of folded) if (lower.length > 1 && unit !== null && !units.has(lower)) units.set(lower, unit);

const NAMES = new Map<string, string>();
for (const name of Object.keys(TABLE)) NAMES.set(keyOf(exponentsOf(name)), name);

/**
 * The unit of that spelling: one of the table with any prefix, or a product of powers of such (`m/s^2`, `kg·m/s²`, `J/(kg K)`,
 * `meters per second squared`). Plurals count, as does upper case; null for what is none of these.
 */
export function unitOf(text: string): Unit | null {
  const spelt = text
    .trim()
    .replace(/²/g, "^2")
    .replace(/³/g, "^3")
    .replace(/µ/g, "μ")
    .replace(/\u2126/g, "Ω")
    .replace(/\.$/, "")
    .replace(/\s{1,8}/g, " ")
    .replace(/ ?\^ ?/g, "^");
  return single(spelt) ?? compound(spelt);
}

function single(spelt: string): Unit | null {
  const candidates = [spelt, spelt.toLowerCase()];
  for (const one of candidates.slice()) if (one.length > 3 && one.endsWith("s")) candidates.push(one.slice(0, -1));
  for (const one of candidates) {
    const unit = units.get(one);
    if (unit !== undefined) return unit;
  }
  return null;
}

function compound(spelt: string): Unit | null {
  const factors = factorsOf(spelt);
  if (factors === null) return null;
  const exponents = new Map<string, number>();
  let factor = 1;
  for (const { name, power } of factors) {
    const unit = single(name);
    if (unit === null) return null;
    factor *= unit.factor ** power;
    for (const [base, times] of exponentsOf(unit.dimension)) exponents.set(base, (exponents.get(base) ?? 0) + times * power);
  }
  const key = keyOf(exponents);
  return { dimension: NAMES.get(key) ?? key, factor };
}

function exponentsOf(dimension: string): Map<string, number> {
  const bases = (DIMENSIONS[dimension] ?? dimension).split(" ");
  return new Map(bases.map((base) => [/^[a-z]+/i.exec(base)![0], Number(/-?[0-9]+$/.exec(base)?.[0] ?? 1)]));
}

function keyOf(exponents: ReadonlyMap<string, number>): string {
  const used = [...exponents].filter(([, power]) => power !== 0);
  return used
    .map(([base, power]) => `${base}${power}`)
    .sort()
    .join(" ");
}
