import { infinite, sameEquation, sameExpression, sameUpToConstant } from "./expressions.ts";
import { withoutConstant } from "./integral.ts";
import { type Interval, intervals, sameIntervals } from "./intervals.ts";
import { call, map, type Node, some } from "./node.ts";
import { capitalConstants, sameParameter } from "./parameter.ts";
import { components } from "./vectors.ts";

const MAX_ITEMS = 40;

/** Whether two answers are one: lists and sets in any order, tuples and matrices item by item, equations, intervals, numbers, functions. */
export function sameAnswer(gold: Node, given: Node, tolerance = 0): boolean {
  const point = gold.kind === "group" || given.kind === "group";
  const prepared = [gold, given].map((node) => spread(capitalConstants(point ? node : choices(node)))) as [Node, Node];
  const [a, b] = sameParameter(...prepared);
  return same(a, b, tolerance);
}

function same(a: Node, b: Node, tolerance: number): boolean {
  const [matrix, otherMatrix] = [matrixOf(a, b), matrixOf(b, a)];
  if (matrix !== null || otherMatrix !== null) return same(matrix ?? a, otherMatrix ?? b, tolerance);
  const [point, otherPoint] = [pointOf(a, b), pointOf(b, a)];
  if (point !== null || otherPoint !== null) return same(point ?? a, otherPoint ?? b, tolerance);
  const [set, other] = [setOf(a), setOf(b)];
  if (set !== null || other !== null) return same(set ?? a, other ?? b, tolerance);
  if (isCollection(a) || isCollection(b)) {
    const [left, right] = [asRange(a), asRange(b)];
    if (left !== null && right !== null && (isRange(a) || isRange(b))) return sameIntervals(left, right);
    return sameCollection(a, b, tolerance);
  }
  if (isRange(a) || isRange(b)) {
    const [left, right] = [intervals(a), intervals(b)];
    if (left !== null && right !== null) return sameIntervals(left, right);
    if (a.kind !== "relation" || b.kind !== "relation") return false;
  }
  if (a.kind === "relation" || b.kind === "relation") return sameRelation(a, b, tolerance);
  if (a.kind === "group" && b.kind === "group") {
    return a.open === b.open && a.close === b.close && sameOrder(a.items, b.items, tolerance);
  }
  if (a.kind === "matrix" && b.kind === "matrix") {
    return a.brackets === b.brackets && a.rows.length === b.rows.length && a.rows.every((row, i) => sameOrder(row, b.rows[i]!, tolerance));
  }
  if (a.kind === "group" || b.kind === "group" || a.kind === "matrix" || b.kind === "matrix") return false;
  if (some(a, isCompound) || some(b, isCompound)) return JSON.stringify(a) === JSON.stringify(b);
  const [f, g] = [withoutConstant(a), withoutConstant(b)];
  if (f !== null && g !== null) return sameUpToConstant(f, g);
  return percents(a).some((value) => percents(b).some((other) => sameExpression(value, other, tolerance)));
}

/** `[[1, 2], [3, 4]]`, or `(1, 2)` beside a row or a column, as a matrix of the same form as the other; null for what is none, or is one already. */
function matrixOf(node: Node, other: Node): Node | null {
  if (node.kind !== "group" || node.open === "{" || other.kind !== "matrix" || other.brackets === "|") return null;
  const { items } = node;
  const nested = items.map((item) => (item.kind === "group" && item.open === "[" ? item.items : null));
  if (nested.every((row) => row !== null)) return { kind: "matrix", brackets: "(", rows: nested };
  if (node.open === "(" ? node.close !== ")" : node.close !== "]") return null;
  if (other.rows.every(({ length }) => length === 1)) return { kind: "matrix", brackets: "(", rows: items.map((item) => [item]) };
  return other.rows.length === 1 ? { kind: "matrix", brackets: "(", rows: [items] } : null;
}

/** `P(1, 2)` or `i + 2j` beside a tuple, or i + 2j beside a matrix, as a tuple. */
function pointOf(node: Node, other: Node): Node | null {
  if (node.kind !== "call" || (other.kind !== "group" && other.kind !== "matrix")) return null;
  const [name, pair] = node.args;
  if (node.name === "multiply" && name?.kind === "symbol" && /^[A-Z]$/.test(name.name) && pair?.kind === "group") return pair;
  return components(node, other.kind === "group" ? other.items.length : other.rows.flat().length);
}

/** `x \in \{1, 2\}` is that set. */
function setOf(node: Node): Node | null {
  if (node.kind !== "relation" || node.operators.join() !== "in" || !isName(node.sides[0]!)) return null;
  const set = node.sides[1]!;
  return set.kind === "group" && set.open === "{" ? set : null;
}

function isCompound(node: Node): boolean {
  return node.kind !== "call" && node.kind !== "number" && node.kind !== "symbol"
    ? true
    : node.kind === "call" && ["cup", "cap", "setminus"].includes(node.name);
}

/** `50 %` is written for 50 and for 0.5, and which of them was asked for the answer alone does not tell. */
function percents(node: Node): Node[] {
  if (node.kind !== "call" || node.name !== "percent") return [node];
  return [node, node.args[0]!];
}

/** Sets, lists and what comes of ±. */
function isCollection(node: Node): boolean {
  return node.kind === "list" || (node.kind === "group" && node.open === "{");
}

/** What can only be a set of real numbers, where a pair in brackets may be a point. */
function isRange(node: Node): boolean {
  if (node.kind === "relation")
    return node.operators.every((one) => ["<", "<=", ">", ">=", "in", "!="].includes(one)) && intervals(node) !== null;
  if (node.kind === "list") return node.items.some(isRange) && intervals(node) !== null;
  if (node.kind === "symbol") return node.name === "set R";
  return (
    (node.kind === "call" && (node.name === "cup" || (node.name === "setminus" && intervals(node) !== null))) ||
    (node.kind === "group" && (node.open !== "(" || node.close !== ")") && node.open !== "{")
  );
}

function asRange(node: Node): Interval[] | null {
  return node.kind === "group" && node.open === "{" ? null : intervals(node);
}

function itemsOf(node: Node): Node[] {
  return isCollection(node) ? (node as Extract<Node, { kind: "list" | "group" }>).items : [node];
}

function sameCollection(a: Node, b: Node, tolerance: number): boolean {
  const [pairs, others] = [pointwise(a), pointwise(b)];
  if (pairs !== null || others !== null) return sameCollection(pairs ?? a, others ?? b, tolerance);
  // x = 1, y = 2 is the point (1, 2)
  for (const [assigned, point] of [
    [a, b],
    [b, a],
  ] as const) {
    if (assigned.kind !== "list" || point.kind !== "group" || point.open !== "(" || point.close !== ")") continue;
    const values = assignments(assigned.items);
    return values !== null && sameOrder(point.items, values, tolerance);
  }
  if (names(a).size > 1 !== names(b).size > 1) return false; // x = 1, y = 2 is more than the numbers 1 and 2
  const [left, right] = [plainItems(a, tolerance), plainItems(b, tolerance)];
  if (left.length !== right.length || left.length > MAX_ITEMS) return false;
  const rest = [...right];
  return left.every((item) => {
    const place = rest.findIndex((other) => same(item, other, tolerance));
    if (place >= 0) rest.splice(place, 1);
    return place >= 0;
  });
}

/** `(a, b) = (1, 2)` as a = 1, b = 2. */
function pointwise(node: Node): Node | null {
  if (node.kind !== "relation" || node.operators.join() !== "=") return null;
  const [names, values] = node.sides as [Node, Node];
  if (names.kind !== "group" || values.kind !== "group" || names.items.length !== values.items.length) return null;
  if (!names.items.every(({ kind }) => kind === "symbol")) return null;
  const items = names.items.map((name, i): Node => ({ kind: "relation", sides: [name, values.items[i]!], operators: ["="] }));
  return { kind: "list", items };
}

/** Values in the order of their names, where every item is `name = value` with a name of its own. */
function assignments(items: Node[]): Node[] | null {
  const pairs: [string, Node][] = [];
  for (const item of items) {
    const name = assignedName(item);
    if (name === null) return null;
    pairs.push([name, (item as Relation).sides[1]!]);
  }
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) return null;
  return pairs.sort(([x], [y]) => (x < y ? -1 : 1)).map(([, value]) => value);
}

/** Items without doubles; `x = 1, x = 2` and `x = 1, 2` are 1 and 2. */
function plainItems(node: Node, tolerance: number): Node[] {
  const items = itemsOf(node);
  const bare = names(node).size === 1 ? items.map((item) => (assignedName(item) === null ? item : (item as Relation).sides[1]!)) : items;
  const flat = bare.flatMap((item) => (item.kind === "list" ? item.items : [item])).slice(0, MAX_ITEMS + 1);
  return flat.filter((item, i) => !flat.slice(0, i).some((other) => same(other, item, tolerance)));
}

/** What is given a value in a list; `x_1` and `x_2` are the values of one x. */
function names(node: Node): Set<string> {
  const all = new Set(itemsOf(node).flatMap((item) => assignedName(item) ?? []));
  const bare = new Set([...all].map((name) => name.replace(/_[0-9]+$/, "")));
  return bare.size === 1 ? bare : all;
}

function assignedName(node: Node): string | null {
  if (node.kind !== "relation" || node.operators.length !== 1 || !["=", "in"].includes(node.operators[0]!)) return null;
  const [name] = node.sides;
  return name?.kind === "symbol" ? name.name : null;
}

function sameOrder(a: Node[], b: Node[], tolerance: number): boolean {
  return a.length === b.length && a.every((item, i) => same(item, b[i]!, tolerance));
}

function sameRelation(a: Node, b: Node, tolerance: number): boolean {
  if (a.kind === "relation" && b.kind === "relation") return bothRelations(a, b, tolerance);
  const [relation, value] = a.kind === "relation" ? [a, b] : [b as Extract<Node, { kind: "relation" }>, a];
  if (!relation.operators.every((one) => one === "=" || one === "~" || one === "in")) return false;
  const sides =
    isName(relation.sides[0]!) || isSum(relation.sides[0]!)
      ? relation.sides.slice(1)
      : isName(relation.sides.at(-1)!)
        ? relation.sides.slice(0, -1)
        : relation.sides;
  return sides.every((side) => same(value, side, tolerance));
}

type Relation = Extract<Node, { kind: "relation" }>;

function bothRelations(a: Relation, b: Relation, tolerance: number): boolean {
  const one = (relation: Relation) => relation.operators.length === 1 && relation.operators[0] === "=";
  if (one(a) && one(b)) {
    if (graphs(a, b)) return same(a.sides[1]!, b.sides[1]!, tolerance);
    if (sameOrder(a.sides, b.sides, tolerance) || sameOrder(a.sides, [...b.sides].reverse(), tolerance)) return true;
    const sides = [...a.sides, ...b.sides];
    if (sides.some((side) => some(side, isCompound) || infinite(side) !== 0)) return false;
    return sameEquation(a.sides as [Node, Node], b.sides as [Node, Node]);
  }
  const turned: Record<string, string> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" };
  const [operators, sides] = [b.operators.map((sign) => turned[sign] ?? sign).reverse(), [...b.sides].reverse()];
  return (
    (a.operators.join() === b.operators.join() && sameOrder(a.sides, b.sides, tolerance)) ||
    (a.operators.every((sign) => sign !== ":" && sign !== "in") &&
      a.operators.join() === operators.join() &&
      sameOrder(a.sides, sides, tolerance))
  );
}

/** `y = …` and `f(x) = …` */
function graphs(a: Relation, b: Relation): boolean {
  const [left, right] = [a.sides[0]!, b.sides[0]!];
  return (isY(left) && isCalled(right)) || (isCalled(left) && isY(right));
}

const isY = (node: Node) => node.kind === "symbol" && node.name === "y";
const isCalled = (node: Node) =>
  node.kind === "call" && node.name === "multiply" && node.args.every(({ kind }) => kind === "symbol") && isName(node);

/** `d/dx` */
function isDerivative(node: Node): boolean {
  if (node.kind !== "call" || node.name !== "divide") return false;
  const [over, under] = node.args as [Node, Node];
  const first = under.kind === "call" && under.name === "multiply" ? under.args[0]! : null;
  return over.kind === "symbol" && first?.kind === "symbol" && first.name === over.name && /^(?:d|partial)$/.test(over.name);
}

/** `m + n` in `m + n = 12`, as many contests ask; `x + y = 12` is a line. */
function isSum(node: Node): boolean {
  if (node.kind === "symbol") return /^[a-dm-qA-Z]$/.test(node.name);
  return node.kind === "call" && (node.name === "add" || node.name === "multiply") && node.args.every(isSum);
}

/** What may stand left of an equals sign without being part of the answer: `x`, `f(x)`, `\text{Area}`, `P(A)`. */
function isName(node: Node): boolean {
  if (node.kind === "symbol") return true;
  if (node.kind === "group") return node.items.every(isName);
  if (node.kind !== "call") return false;
  if (node.name === "abs") return isName(node.args[0]!);
  if (node.name === "divide") return node.args.every(isName); // dy/dx
  if (node.name !== "multiply") return false;
  const [head, argument] = node.args as [Node, Node];
  if (isDerivative(head)) return true;
  return isName(head) && (argument.kind === "number" || isName(argument));
}

/** `C(10, 4)` is a binomial coefficient. */
function choices(node: Node): Node {
  return map(node, (one) => {
    if (one.kind !== "call" || one.name !== "multiply") return one;
    const [name, pair] = one.args as [Node, Node];
    const chosen = name.kind === "symbol" && name.name === "C" && pair.kind === "group" && pair.open === "(" && pair.items.length === 2;
    return chosen ? call("binomial", ...pair.items) : one;
  });
}

/** `a ± b` as the two numbers that it says. */
function spread(node: Node): Node {
  if (!some(node, isPlusMinus)) return node;
  const take = (sign: "pm" | "mp") =>
    map(node, (one) => {
      if (one.kind !== "call" || (one.name !== "pm" && one.name !== "mp")) return one;
      const [left, right] = one.args as [Node, Node];
      return call("add", left, one.name === sign ? right : call("negate", right));
    });
  const both = [take("pm"), take("mp")];
  return { kind: "list", items: both };
}

function isPlusMinus(node: Node): boolean {
  return node.kind === "call" && (node.name === "pm" || node.name === "mp");
}
