import type { Node } from "./node.ts";

/** A fraction in lowest terms, denominator above 0. */
export interface Rational {
  over: bigint;
  under: bigint;
}

/** Numbers of more bits are not computed: `9^{9^9}` is refused before it starts. */
const MAX_BITS = 4096;
const MAX_FACTORIAL = 300;

/** The value of a number without roots, symbols and functions, exactly; null where it has those, or grows beyond 4096 bits. */
export function exact(node: Node): Rational | null {
  if (node.kind === "number") return written(node.text);
  if (node.kind !== "call") return null;
  const args: Rational[] = [];
  for (const arg of node.args) {
    const value = exact(arg);
    if (value === null) return null;
    args.push(value);
  }
  const [a, b] = args as [Rational, Rational];
  switch (node.name) {
    case "add":
      return rational(a.over * b.under + b.over * a.under, a.under * b.under);
    case "negate":
      return { over: -a.over, under: a.under };
    case "multiply":
      return rational(a.over * b.over, a.under * b.under);
    case "divide":
      return rational(a.over * b.under, a.under * b.over);
    case "power":
      return power(a, b);
    case "factorial":
      return factorial(a);
    case "percent":
      return rational(a.over, a.under * 100n);
    case "abs":
      return { over: a.over < 0n ? -a.over : a.over, under: a.under };
    default:
      return null;
  }
}

/** `12`, `1.50`, `.5`, `0.\overline{3}`. */
function written(text: string): Rational | null {
  const match = /^([0-9]*)\.?([0-9]*)(?:\\[a-z]+\s?\{?([0-9]+)\}?)?$/.exec(text);
  if (match === null) return null;
  const [, whole = "", fraction = "", repeated = ""] = match;
  if (whole.length + fraction.length + repeated.length > 1000) return null;
  const shift = 10n ** BigInt(fraction.length);
  const head = BigInt(`${whole}${fraction}` || "0");
  if (repeated === "") return rational(head, shift);
  const nines = 10n ** BigInt(repeated.length) - 1n;
  return rational(head * nines + BigInt(repeated), shift * nines);
}

function power(base: Rational, exponent: Rational): Rational | null {
  if (exponent.under !== 1n) return null;
  const [size, negative] = exponent.over < 0n ? [-exponent.over, true] : [exponent.over, false];
  const longer = Math.max(bits(base.over), bits(base.under));
  if (longer > 1 && size * BigInt(longer) > BigInt(MAX_BITS)) return null;
  if (base.over === 0n && exponent.over <= 0n) return null;
  // With a base of 0, 1 or -1 only the parity of a huge exponent matters.
  const times = longer > 1 ? size : size === 0n ? 0n : 2n - (size % 2n);
  const [over, under] = [base.over ** times, base.under ** times];
  return negative ? rational(under, over) : rational(over, under);
}

function factorial({ over, under }: Rational): Rational | null {
  if (under !== 1n || over < 0n || over > BigInt(MAX_FACTORIAL)) return null;
  let product = 1n;
  for (let i = 2n; i <= over; i++) product *= i;
  return { over: product, under: 1n };
}

function rational(over: bigint, under: bigint): Rational | null {
  if (under === 0n || bits(over) > MAX_BITS || bits(under) > MAX_BITS) return null;
  const sign = under < 0n ? -1n : 1n;
  const common = gcd(over < 0n ? -over : over, sign * under);
  return { over: (sign * over) / common, under: (sign * under) / common };
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function bits(value: bigint): number {
  return value.toString(2).replace("-", "").length;
}
