import { assignedName, assignments, names, pointwise } from "./assigned.ts";
import { sameExpression, sameUpToConstant } from "./expressions.ts";
import { matrixOf, pointOf, setOf } from "./forms.ts";
import { withoutConstant } from "./integral.ts";
import { type Interval, intervals, sameIntervals } from "./intervals.ts";
import { type Node, some } from "./node.ts";
import { capitalConstants, sameParameter, sameRestrictions } from "./parameter.ts";
import { choices, isCompound, scaled, spread } from "./prepare.ts";
import { sameRelation } from "./relations.ts";

const MAX_ITEMS = 40;

/** Whether two answers are one: lists and sets in any order, tuples and matrices item by item, equations, intervals, numbers, functions. */
export function sameAnswer(gold: Node, given: Node, tolerance = 0): boolean {
  const point = gold.kind === "group" || given.kind === "group";
  const prepared = [gold, given].map((node) => spread(scaled(capitalConstants(point ? node : choices(node))))) as [Node, Node];
  const [a, b] = sameParameter(...sameRestrictions(...prepared));
  return same(a, b, tolerance);
}

function same(a: Node, b: Node, tolerance: number): boolean {
  const [rest, otherRest] = [residue(a), residue(b)];
  if ((rest === null) !== (otherRest === null)) return same(rest ?? a, otherRest ?? b, tolerance);
  const [matrix, otherMatrix] = [matrixOf(a, b), matrixOf(b, a)];
  if (matrix !== null || otherMatrix !== null) return same(matrix ?? a, otherMatrix ?? b, tolerance);
  const [point, otherPoint] = [pointOf(a, b), pointOf(b, a)];
  if (point !== null || otherPoint !== null) return same(point ?? a, otherPoint ?? b, tolerance);
  const [set, other] = [setOf(a), setOf(b)];
  if (set !== null || other !== null) return same(set ?? a, other ?? b, tolerance);
  if (isCollection(a) || isCollection(b) || (pointwise(a) ?? pointwise(b)) !== null) {
    const [left, right] = [asRange(a), asRange(b)];
    if (left !== null && right !== null && (isRange(a) || isRange(b))) return sameIntervals(left, right);
    return sameCollection(a, b, tolerance);
  }
  if (isRange(a) || isRange(b)) {
    const [left, right] = [intervals(a), intervals(b)];
    if (left !== null && right !== null) return sameIntervals(left, right);
    if (a.kind !== "relation" || b.kind !== "relation") return false;
  }
  if (a.kind === "relation" || b.kind === "relation") return sameRelation(a, b, (left, right) => same(left, right, tolerance));
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
  return plainly(a, b).some((value) => plainly(b, a).some((other) => sameExpression(value, other, tolerance)));
}

/** The 3 of `3 (mod 7)`. */
function residue(node: Node): Node | null {
  return node.kind === "group" && node.open === "mod" ? node.items[0]! : null;
}

/** `50 %` is written for 50 and for 0.5, and which of them was asked for the answer alone does not tell; so is 60° for 60 in a list. */
function plainly(node: Node, other: Node): Node[] {
  if (node.kind !== "call" || (node.name !== "percent" && node.name !== "degree")) return [node];
  if (node.name === "degree" && some(other, (one) => one.kind === "call" && one.name === "degree")) return [node];
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
    (node.kind === "group" && (node.open !== "(" || node.close !== ")") && node.open !== "{" && node.open !== "mod")
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
  if (names(itemsOf(a)).size > 1 !== names(itemsOf(b)).size > 1) return false; // x = 1, y = 2 is more than the numbers 1 and 2
  const [left, right] = [plainItems(a, tolerance), plainItems(b, tolerance)];
  if (left.length !== right.length || left.length > MAX_ITEMS) return false;
  const rest = [...right];
  return left.every((item) => {
    const place = rest.findIndex((other) => same(item, other, tolerance));
    if (place >= 0) rest.splice(place, 1);
    return place >= 0;
  });
}

/** Items without doubles; `x = 1, x = 2` and `x = 1, 2` are 1 and 2. */
function plainItems(node: Node, tolerance: number): Node[] {
  const items = itemsOf(node);
  const bare =
    names(items).size === 1
      ? items.map((item) => (assignedName(item) === null ? item : (item as Extract<Node, { kind: "relation" }>).sides[1]!))
      : items;
  const flat = bare.flatMap((item) => (item.kind === "list" ? item.items : [item])).slice(0, MAX_ITEMS + 1);
  return flat.filter((item, i) => !flat.slice(0, i).some((other) => same(other, item, tolerance)));
}

function sameOrder(a: Node[], b: Node[], tolerance: number): boolean {
  return a.length === b.length && a.every((item, i) => same(item, b[i]!, tolerance));
}
