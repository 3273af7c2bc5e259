/** A unit of the table: what it measures, and how many of that dimension's base unit it is. */
export interface Unit {
  dimension: string;
  factor: number;
}

const INCH = 0.0254;
const POUND = 0.45359237;
const CALORIE = 4.184;

/** Spellings of each unit by dimension, with the factor to its base unit. Temperatures differ by more than a factor and only equal themselves. */
const TABLE: Record<string, [factor: number, ...spellings: string[]][]> = {
  length: [
    [1, "m", "meter", "metre"],
    [1e3, "km", "kilometer", "kilometre"],
    [1e-1, "dm"],
    [1e-2, "cm", "centimeter", "centimetre"],
    [1e-3, "mm", "millimeter", "millimetre"],
    [1e-6, "μm", "um", "micrometer"],
    [1e-9, "nm", "nanometer"],
    [INCH, "in", "inch", "inches"],
    [12 * INCH, "ft", "foot", "feet"],
    [36 * INCH, "yd", "yard"],
    [63360 * INCH, "mi", "mile"],
  ],
  area: [
    [1, "m^2", "square meter", "square metre", "sq m"],
    [1e6, "km^2", "square kilometer", "square kilometre"],
    [1e-4, "cm^2", "square centimeter", "square centimetre", "sq cm"],
    [1e-6, "mm^2", "square millimeter"],
    [INCH ** 2, "in^2", "square inch", "square inches", "sq in"],
    [(12 * INCH) ** 2, "ft^2", "square foot", "square feet", "sq ft"],
    [(36 * INCH) ** 2, "yd^2", "square yard"],
    [(63360 * INCH) ** 2, "mi^2", "square mile"],
    [1e4, "ha", "hectare"],
  ],
  volume: [
    [1, "m^3", "cubic meter", "cubic metre"],
    [1e-3, "l", "liter", "litre", "dm^3"],
    [1e-6, "ml", "milliliter", "millilitre", "cm^3", "cubic centimeter", "cubic centimetre", "cc"],
    [INCH ** 3, "in^3", "cubic inch", "cubic inches"],
    [(12 * INCH) ** 3, "ft^3", "cubic foot", "cubic feet"],
  ],
  mass: [
    [1, "kg", "kilogram"],
    [1e-3, "g", "gram"],
    [1e-6, "mg", "milligram"],
    [1e3, "t", "tonne"],
    [POUND, "lb", "lbs", "pound"],
    [POUND / 16, "oz", "ounce"],
  ],
  time: [
    [1, "s", "sec", "second"],
    [1e-3, "ms", "millisecond"],
    [60, "min", "minute"],
    [3600, "h", "hr", "hour"],
    [86400, "day"],
    [604800, "week"],
  ],
  speed: [
    [1, "m/s", "meters per second"],
    [1 / 3.6, "km/h", "kmh", "kph", "kilometers per hour"],
    [(63360 * INCH) / 3600, "mph", "mi/h", "miles per hour"],
    [12 * INCH, "ft/s", "feet per second"],
  ],
  angle: [
    [Math.PI / 180, "°", "deg", "degree"],
    [1, "rad", "radian"],
  ],
  energy: [
    [1, "J", "joule"],
    [1e3, "kJ", "kilojoule"],
    [CALORIE, "cal", "calorie"],
    [1e3 * CALORIE, "kcal", "kilocalorie"],
    [3.6e6, "kWh"],
  ],
  power: [
    [1, "W", "watt"],
    [1e3, "kW", "kilowatt"],
    [1e6, "MW", "megawatt"],
  ],
  force: [[1, "N", "newton"]],
  pressure: [
    [1, "Pa", "pascal"],
    [1e3, "kPa", "kilopascal"],
    [1e5, "bar"],
    [101325, "atm"],
  ],
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

const units = new Map<string, Unit>();
for (const [dimension, rows] of Object.entries(TABLE)) {
  for (const [factor, ...spellings] of rows) for (const spelling of spellings) units.set(spelling, { dimension, factor });
}
/** In lower case too, so that `KM` is a kilometre; not a lone letter, nor `MW`, since `mW` is a thousandth of a watt. */
for (const [spelling, unit] of [...units])
  if (spelling.length > 1 && spelling !== "MW" && !units.has(spelling.toLowerCase())) units.set(spelling.toLowerCase(), unit);

/** The unit of that spelling; plurals, `²` and `cm2` count, as does upper case; null for one that is not in the table. */
export function unitOf(text: string): Unit | null {
  const spelt = text
    .trim()
    .replace(/²/g, "^2")
    .replace(/³/g, "^3")
    .replace(/\.$/, "")
    .replace(/\s{1,8}/g, " ")
    .replace(/^([a-z]{1,2})([23])$/i, "$1^$2")
    .replace(/ ?\^ ?/g, "^");
  const candidates = [spelt, spelt.toLowerCase()];
  for (const one of candidates.slice()) if (one.length > 3 && one.endsWith("s")) candidates.push(one.slice(0, -1));
  for (const one of candidates) {
    const unit = units.get(one);
    if (unit !== undefined) return unit;
  }
  return null;
}
