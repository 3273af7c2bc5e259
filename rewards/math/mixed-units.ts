import { type Unit, unitOf } from "./units.ts";

export interface MixedQuantity {
  /** in the base unit */
  value: number;
  dimension: string;
  /** of the last, smallest unit, in which a number without a unit is meant */
  smallest: number;
}

const PART = /([0-9]+(?:\.[0-9]+)?)\s{0,3}([A-Za-z'"]+)\.?(?:\s{0,3}(?:,|and)?\s{0,3})/y;
const MARKS: Record<string, string> = { "'": "ft", '"': "in" };

/** `1 hour 30 minutes` or `5 ft 6 in` as one quantity, in the base unit of what it measures; null for what is not two or more parts of one kind, the larger units first. */
export function mixedQuantity(text: string): MixedQuantity | null {
  const plain = text
    .replace(/\\(?:text|mathrm|mbox)(?![A-Za-z])|[{}$]/g, " ")
    .replace(/\s{2,}/g, " ")
    .trim();
  if (plain.length > 80) return null;
  let value = 0;
  let last: Unit | null = null;
  let parts = 0;
  PART.lastIndex = 0;
  for (let at = 0; at < plain.length; at = PART.lastIndex) {
    const match = PART.exec(plain);
    if (match === null) return null;
    const unit = unitOf(MARKS[match[2]!] ?? match[2]!);
    if (unit === null || (last !== null && (unit.dimension !== last.dimension || unit.factor >= last.factor))) return null;
    value += Number(match[1]) * unit.factor;
    last = unit;
    parts++;
  }
  return last === null || parts < 2 ? null : { value, dimension: last.dimension, smallest: last.factor };
}
