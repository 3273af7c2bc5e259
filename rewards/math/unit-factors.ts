const MAX_LENGTH = 60;
const FACTOR = /^([\p{L}°$€£¥¢]+)(?:\^?([-+]?[1-9]))?$/u;

/**
 * The factors of a product of units, `kg·m/s^2` as kg, m and s to the power of -2; null for what can't be one. Everything behind
 * the first stroke is below it, as in `J/kg K`. Spaces and dots are products. Linear.
 */
export function factorsOf(text: string): { name: string; power: number }[] | null {
  if (text.length > MAX_LENGTH) return null;
  const spelt = text
    .replace(/ (?:square|squared)(?![a-z])/g, (word) => (word === " squared" ? "^2" : " square"))
    .replace(/ cubed(?![a-z])/g, "^3")
    .replace(/ per | ?\/ ?/g, "/")
    .replace(/(?<![a-z])(square|cubic|sq) (\p{L}+)/gu, (_, word: string, name: string) => `${name}^${word === "cubic" ? 3 : 2}`)
    .replace(/[()]/g, "")
    .replace(/ ?[·⋅*∙] ?|(?<=\p{L})-(?=\p{L})/gu, " ")
    .trim();
  const factors: { name: string; power: number }[] = [];
  for (const [i, part] of spelt.split("/").entries()) {
    for (const written of part.split(" ").filter(Boolean)) {
      if (written === "1" && i === 0) continue;
      const match = FACTOR.exec(written);
      if (match === null) return null;
      const seconds = /^(k?m|cm|mm)s$/.exec(match[1]!); // ms^{-1} is metres per second
      if (seconds !== null && match[2]?.startsWith("-") === true) {
        factors.push({ name: seconds[1]!, power: i === 0 ? 1 : -1 }, { name: "s", power: (i === 0 ? 1 : -1) * Number(match[2]) });
        continue;
      }
      factors.push({ name: match[1]!, power: (i === 0 ? 1 : -1) * Number(match[2] ?? 1) });
    }
    if (i > 0 && part.trim() === "") return null;
  }
  return factors.length === 0 ? null : factors;
}
