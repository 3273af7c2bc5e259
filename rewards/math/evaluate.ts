import { abs, add, type Complex, cos, exp, isReal, log, negate, over, power, sin, sqrt, times } from "./complex.ts";
import type { Node } from "./node.ts";

const CONSTANTS: Record<string, Complex> = { pi: [Math.PI, 0], e: [Math.E, 0], i: [0, 1], infinity: [Number.POSITIVE_INFINITY, 0] };
const NOT_A_NUMBER: Complex = [Number.NaN, Number.NaN];

export function isConstant(name: string): boolean {
  return name in CONSTANTS;
}

/**
 * The value of a tree at a point, in double precision; NaN where it has none. Time is linear in the tree: nothing is expanded
 * and no number grows beyond a double, so `9^{9^{9^9}}` is an infinity and takes no time.
 */
export function evaluate(node: Node, point: ReadonlyMap<string, number>): Complex {
  if (node.kind === "number") return [decimal(node.text), 0];
  if (node.kind === "symbol") {
    const constant = CONSTANTS[node.name];
    return constant ?? [point.get(node.name) ?? Number.NaN, 0];
  }
  if (node.kind !== "call") return NOT_A_NUMBER;
  const args = node.args.map((arg) => evaluate(arg, point));
  return FUNCTIONS[node.name]?.(...(args as [Complex, Complex])) ?? NOT_A_NUMBER;
}

function decimal(text: string): number {
  const repeated = /^([0-9]*)\.?([0-9]*)\\[a-z]+\s?\{?([0-9]+)\}?$/.exec(text);
  if (repeated === null) return Number(text);
  const [, whole, fraction, period = ""] = repeated;
  return Number(`${whole || "0"}.${fraction}${period.repeat(Math.ceil(40 / period.length))}`);
}

function real(compute: (...values: number[]) => number): (...args: Complex[]) => Complex {
  return (...args) => (args.every(isReal) ? [compute(...args.map(([re]) => re)), 0] : NOT_A_NUMBER);
}

const tan = (a: Complex) => over(sin(a), cos(a));
const ONE: Complex = [1, 0];

const FUNCTIONS: Record<string, (a: Complex, b: Complex) => Complex> = {
  add,
  negate,
  multiply: times,
  divide: over,
  power,
  sqrt,
  root: (a, n) => (isReal(a) && isReal(n) && a[0] < 0 && Math.abs(n[0] % 2) === 1 ? [-((-a[0]) ** (1 / n[0])), 0] : power(a, over(ONE, n))),
  abs: (a) => [abs(a), 0],
  percent: (a) => over(a, [100, 0]),
  degree: (a) => times(a, [Math.PI / 180, 0]),
  exp,
  cis: (a) => exp(times(a, [0, 1])),
  ln: log,
  log: (a, base) => over(log(a), base === undefined ? [Math.LN10, 0] : log(base)),
  sin,
  cos,
  tan,
  cot: (a) => over(cos(a), sin(a)),
  sec: (a) => over(ONE, cos(a)),
  csc: (a) => over(ONE, sin(a)),
  sinh: real(Math.sinh),
  cosh: real(Math.cosh),
  tanh: real(Math.tanh),
  arcsin: real(Math.asin),
  arccos: real(Math.acos),
  arctan: real(Math.atan),
  arccot: real((a) => Math.PI / 2 - Math.atan(a)),
  floor: real((a) => Math.floor(a + 1e-12)),
  ceil: real((a) => Math.ceil(a - 1e-12)),
  max: real(Math.max),
  min: real(Math.min),
  gcd: real((...all) => all.reduce(gcd)),
  lcm: real((...all) => all.reduce((a, b) => Math.abs(a * b) / gcd(a, b))),
  factorial: real(factorial),
  binomial: real((n, k) => factorial(n) / (factorial(k) * factorial(n - k))),
};

function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  for (let i = 0; i < 1100 && y !== 0; i++) [x, y] = [y, x % y];
  return x;
}

/** Whole numbers up to 170, the last one whose factorial is a double. */
function factorial(n: number): number {
  if (!Number.isInteger(n) || n < 0 || n > 170) return Number.NaN;
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return product;
}
