import { Random } from "../../core/random.ts";
import { abs, type Complex, isReal } from "./complex.ts";
import { evaluate, isConstant } from "./evaluate.ts";
import { exact } from "./exact.ts";
import { type Node, some } from "./node.ts";

/** Double arithmetic on trees of this size loses 4 or 5 of its 16 digits at the worst. */
const EPSILON = 1e-10;
const DOUBTFUL = 1e-6;
const POINTS = 16;
const ENOUGH = 6;

/**
 * Whether two expressions (no lists, sets or relations inside) are the same function.
 *
 * Numbers without roots and symbols are compared exactly, as fractions. Everything else is computed at 16 seeded points, and
 * must agree to 1e-10 of its size at six points or more, and differ by more than 1e-6 at none; a number that is irrational is one point.
 * Where a symbol is under a factorial, points are whole numbers. `tolerance` is a relative one, for numbers only.
 * Two different functions that agree at 16 random points would be taken as equal: for those of our size that is as good as impossible.
 */
export function sameExpression(a: Node, b: Node, tolerance = 0): boolean {
  if (infinite(a) !== 0 || infinite(b) !== 0) return infinite(a) === infinite(b);
  if (JSON.stringify(a) === JSON.stringify(b)) return true;
  const [left, right] = [exact(a), exact(b)];
  if (left !== null && right !== null) {
    if (left.over === right.over && left.under === right.under) return true;
    return tolerance > 0 && close(ratio(left), ratio(right), tolerance);
  }
  const names = [...new Set([...symbols(a), ...symbols(b)])].sort();
  if (names.length === 0) {
    const [x, y] = [evaluate(a, new Map()), evaluate(b, new Map())];
    return finite(x) && finite(y) && near(x, y, Math.max(EPSILON, tolerance));
  }
  if (names.length === 1 && a.kind === "symbol" && b.kind === "symbol") return a.name === b.name;
  return agree(a, b, names);
}

function agree(a: Node, b: Node, names: string[]): boolean {
  const random = Random.of(0, "math points", ...names);
  const whole = hasWholeArguments(a) || hasWholeArguments(b);
  let compared = 0;
  for (let i = 0; i < POINTS; i++) {
    // Half of the points are positive, so that logarithms and roots have values; the other half tell |x| from x.
    const positive = i % 2 === 0;
    const coordinate = () => (whole ? random.integer(1, 9) : (positive ? 0 : -2.5) + 0.3 + random.uniform() * (positive ? 2.5 : 4.4));
    const point = new Map(names.map((name) => [name, coordinate()]));
    const [x, y] = [evaluate(a, point), evaluate(b, point)];
    if (!finite(x) || !finite(y)) continue;
    // Off the real line two branches of a logarithm may differ where the functions do not; positive points decide there.
    if (!positive && !whole && !(isReal(x) && isReal(y))) continue;
    if (!near(x, y, DOUBTFUL)) return false;
    // Where large terms cancel, digits are lost on either side: such a point says neither yes nor no.
    if (near(x, y, EPSILON)) compared++;
  }
  return compared >= ENOUGH;
}

/** Whether two antiderivatives are one: their difference is the same number at every point. */
export function sameUpToConstant(a: Node, b: Node): boolean {
  const names = [...new Set([...symbols(a), ...symbols(b)])].sort();
  const random = Random.of(0, "constant points", ...names);
  let first: Complex | null = null;
  let compared = 0;
  for (let i = 0; i < POINTS; i++) {
    const point = new Map(names.map((name) => [name, (i % 2 === 0 ? 0.3 : -2.2) + 2.5 * random.uniform()]));
    const [x, y] = [evaluate(a, point), evaluate(b, point)];
    // a logarithm of |x| and one of x are taken for one, as on the positive half they are
    if (!finite(x) || !finite(y) || !isReal(x) || !isReal(y)) continue;
    const gap: Complex = [x[0] - y[0], 0];
    first ??= gap;
    if (Math.abs(gap[0] - first[0]) > 1e-9 * Math.max(1, Math.abs(x[0]), Math.abs(y[0]))) return false;
    compared++;
  }
  return compared >= ENOUGH;
}

/** Whether a - b and c - d are multiples of each other: two spellings of one equation a = b. */
export function sameEquation([a, b]: [Node, Node], [c, d]: [Node, Node]): boolean {
  const names = [...new Set([a, b, c, d].flatMap(symbols))].sort();
  const random = Random.of(0, "equation points", ...names);
  let factor: number | null = null;
  let compared = 0;
  for (let i = 0; i < POINTS; i++) {
    const point = new Map(names.map((name) => [name, 0.3 + 2.5 * random.uniform()]));
    const [p, q, r, s] = [a, b, c, d].map((side) => evaluate(side, point)) as [Complex, Complex, Complex, Complex];
    if (![p, q, r, s].every((value) => finite(value) && isReal(value))) continue;
    const [first, second] = [p[0] - q[0], r[0] - s[0]];
    if (Math.abs(first) < 1e-6 || Math.abs(second) < 1e-6) return false;
    factor ??= first / second;
    if (Math.abs(first / second - factor) > 1e-8 * Math.abs(factor)) return false;
    compared++;
  }
  return compared >= ENOUGH && names.length > 0;
}

export function symbols(node: Node): string[] {
  const found = new Set<string>();
  some(node, (one) => {
    if (one.kind === "symbol" && !isConstant(one.name)) found.add(one.name);
    return false;
  });
  return [...found];
}

function hasWholeArguments(node: Node): boolean {
  return some(node, (one) => one.kind === "call" && (one.name === "factorial" || one.name === "binomial"));
}

function finite([re, im]: Complex): boolean {
  return Number.isFinite(re) && Number.isFinite(im);
}

/** 1 or -1 for an infinity as it is written, else 0: one that comes of an overflow says nothing. */
export function infinite(node: Node): number {
  if (node.kind === "symbol") return node.name === "infinity" ? 1 : 0;
  return node.kind === "call" && node.name === "negate" ? -infinite(node.args[0]!) : 0;
}

function near(a: Complex, b: Complex, tolerance: number): boolean {
  const size = Math.max(abs(a), abs(b));
  if (abs(a) === 0 || abs(b) === 0) return size < 1e-13; // what is left of sin(pi)
  return Math.hypot(a[0] - b[0], a[1] - b[1]) <= tolerance * size;
}

function close(a: number, b: number, tolerance: number): boolean {
  return Math.abs(a - b) <= tolerance * Math.abs(a);
}

function ratio({ over, under }: { over: bigint; under: bigint }): number {
  // 30 digits of each are more than a double holds
  const cut = Math.max(0, Math.min(over.toString().length, under.toString().length) - 30);
  return Number(over / 10n ** BigInt(cut)) / Number(under / 10n ** BigInt(cut));
}
