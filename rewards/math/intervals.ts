import { evaluate } from "./evaluate.ts";
import { infinite, sameExpression, symbols } from "./expressions.ts";
import { call, type Node } from "./node.ts";

export interface Interval {
  low: Node;
  high: Node;
  lowIn: boolean;
  highIn: boolean;
}

const INFINITY: Node = { kind: "symbol", name: "infinity" };
const ZERO: Node = { kind: "number", text: "0" };
const REAL_LINE: Interval = { low: call("negate", INFINITY), high: INFINITY, lowIn: false, highIn: false };

const MAX_CUTS = 20;

/**
 * A set of real numbers as intervals: `(1,2]`, unions of them, `\mathbb{R}`, `x > 5`, `1 < x \le 3`, `x < 1 or x > 3`, `x \in [1,2)`,
 * `x \ne 1`, `\mathbb{R} \setminus \{1, 2\}`.
 * Null for anything else. A pair in brackets may be a point as well; the caller knows.
 */
export function intervals(node: Node): Interval[] | null {
  if (node.kind === "symbol") return node.name === "set R" ? [REAL_LINE] : null;
  if (node.kind === "group") {
    const [low, high] = node.items;
    if (node.open === "{" || node.open === "mod" || node.items.length !== 2) return null;
    return [{ low: low!, high: high!, lowIn: node.open === "[", highIn: node.close === "]" }];
  }
  if (node.kind === "call" && node.name === "cup") return joined(node.args);
  if (node.kind === "call" && node.name === "setminus") {
    const [from, without] = node.args as [Node, Node];
    const parts = intervals(from);
    return parts === null || without.kind !== "group" || without.open !== "{" ? null : cut(parts, without.items);
  }
  const left = leftOut(node);
  if (left !== null) return cut([REAL_LINE], left);
  if (node.kind === "list") return both(node.items) ?? joined(node.items);
  if (node.kind !== "relation") return null;
  const { sides, operators } = node;
  if (operators[0] === "in" && operators.length === 1) return intervals(sides[1]!);
  return distance(sides, operators) ?? inequality(sides, operators);
}

/** The numbers that `x \ne 1, x \ne 2` or `x \ne 1, 2` leaves out. */
function leftOut(node: Node): Node[] | null {
  const [first, ...rest] = node.kind === "list" ? node.items : [node];
  if (first?.kind !== "relation" || first.operators.join() !== "!=") return null;
  const values = [first, ...rest].map((item) => {
    if (item.kind !== "relation") return item;
    if (item.operators.join() !== "!=") return null;
    const [left, right] = item.sides as [Node, Node];
    return left.kind === "symbol" && symbols(right).length === 0 ? right : symbols(left).length === 0 ? left : null;
  });
  return values.every((value) => value !== null) ? values : null;
}

/** Intervals without some numbers. */
function cut(parts: Interval[], numbers: Node[]): Interval[] | null {
  if (numbers.length > MAX_CUTS || numbers.some((one) => Number.isNaN(numberOf(one)))) return null;
  let out = parts;
  for (const at of numbers) {
    const value = numberOf(at);
    out = out.flatMap((part) => {
      const [low, high] = [numberOf(part.low), numberOf(part.high)];
      if (value === low) return [{ ...part, lowIn: false }];
      if (value === high) return [{ ...part, highIn: false }];
      if (!(low < value && value < high)) return [part];
      return [
        { ...part, high: at, highIn: false },
        { ...part, low: at, lowIn: false },
      ];
    });
  }
  return out;
}

function numberOf(node: Node): number {
  const sign = infinite(node);
  if (sign !== 0) return sign * Number.POSITIVE_INFINITY;
  const [re, im] = evaluate(node, new Map());
  return im === 0 ? re : Number.NaN;
}

/** `x > 0, x \ne 1` and `x > 0 and x < 5`, where the second does not add to the first, but takes from it. */
function both(items: Node[]): Interval[] | null {
  const out = items.findIndex((item) => leftOut(item) !== null);
  const first = items[0]!.kind === "relation" ? intervals(items[0]!) : null;
  if (first === null || out === 0) return null;
  if (out > 0) {
    const rest = leftOut({ kind: "list", items: items.slice(out) });
    return out === 1 && rest !== null ? cut(first, rest) : null;
  }
  const second = items.length === 2 && items[1]!.kind === "relation" ? intervals(items[1]!) : null;
  if (first.length !== 1 || second?.length !== 1) return null;
  const [below, above] = infinite(first[0]!.low) < 0 ? [first[0]!, second[0]!] : [second[0]!, first[0]!];
  const rays = infinite(below.low) < 0 && infinite(above.high) > 0 && infinite(below.high) === 0 && infinite(above.low) === 0;
  return rays && numberOf(above.low) < numberOf(below.high) ? [{ ...above, high: below.high, highIn: below.highIn }] : null;
}

/** `|x| < 3` and `|x - 1| \ge 2`. */
function distance(sides: Node[], operators: string[]): Interval[] | null {
  const [inner, bound] = sides;
  const [operator] = operators;
  if (
    sides.length !== 2 ||
    !["<", "<=", ">", ">="].includes(operator!) ||
    inner?.kind !== "call" ||
    inner.name !== "abs" ||
    symbols(bound!).length > 0
  )
    return null;
  const [of] = inner.args as [Node];
  const centre = of.kind === "symbol" ? call("negate", ZERO) : of.kind === "call" && of.name === "add" ? of.args[1]! : null;
  if (centre === null || symbols(centre).length > 0 || (of.kind === "call" && of.args[0]!.kind !== "symbol")) return null;
  const [low, high] = [call("add", call("negate", centre), call("negate", bound!)), call("add", call("negate", centre), bound!)];
  const closed = operator!.includes("=");
  if (operator!.startsWith("<")) return [{ low, high, lowIn: closed, highIn: closed }];
  return [
    { ...REAL_LINE, high: low, highIn: closed },
    { ...REAL_LINE, low: high, lowIn: closed },
  ];
}

function joined(nodes: Node[]): Interval[] | null {
  const parts = nodes.map(intervals);
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

function inequality(sides: Node[], operators: string[]): Interval[] | null {
  const at = sides.findIndex((side) => side.kind === "symbol" && side.name !== "infinity");
  const rising = operators.every((one) => one === "<" || one === "<=");
  const falling = operators.every((one) => one === ">" || one === ">=");
  if (at < 0 || sides.length > 3 || !(rising || falling) || (sides.length === 3 && at !== 1)) return null;
  const [before, after] = [sides[at - 1], sides[at + 1]];
  const [beforeIn, afterIn] = [operators[at - 1]?.includes("=") ?? false, operators[at]?.includes("=") ?? false];
  const [low, lowIn, high, highIn] = rising ? [before, beforeIn, after, afterIn] : [after, afterIn, before, beforeIn];
  return [
    { low: low ?? REAL_LINE.low, high: high ?? REAL_LINE.high, lowIn: low !== undefined && lowIn, highIn: high !== undefined && highIn },
  ];
}

/** Whether the same intervals are in both, in any order. They are not merged: `[0,1] ∪ [1,2]` is not `[0,2]`. */
export function sameIntervals(a: Interval[], b: Interval[]): boolean {
  if (a.length !== b.length) return false;
  const left = [...b];
  return a.every((one) => {
    const place = left.findIndex((other) => sameInterval(one, other));
    if (place >= 0) left.splice(place, 1);
    return place >= 0;
  });
}

function sameInterval(a: Interval, b: Interval): boolean {
  return a.lowIn === b.lowIn && a.highIn === b.highIn && sameExpression(a.low, b.low) && sameExpression(a.high, b.high);
}
