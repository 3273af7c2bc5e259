import { infinite, sameEquation } from "./expressions.ts";
import { isName, isSum } from "./names.ts";
import { type Node, some } from "./node.ts";
import { renamed } from "./parameter.ts";
import { isCompound } from "./prepare.ts";

type Relation = Extract<Node, { kind: "relation" }>;

/** how parts of a relation are compared */
type Same = (a: Node, b: Node) => boolean;

export function sameRelation(a: Node, b: Node, same: Same): boolean {
  if (a.kind === "relation" && b.kind === "relation") return bothRelations(a, b, same);
  const [relation, value] = a.kind === "relation" ? [a, b] : [b as Extract<Node, { kind: "relation" }>, a];
  if (!relation.operators.every((one) => one === "=" || one === "~" || one === "in")) return false;
  const approximate = relation.operators.indexOf("~") + 1;
  if (approximate > 0 && relation.sides.slice(0, approximate).some((side) => !isName(side))) {
    // 1/3 ≈ 0.333, and x = 1/3 ≈ 0.333
    const [sides, operators] = [relation.sides.slice(0, approximate), relation.operators.slice(0, approximate - 1)];
    return sides.length === 1 ? same(value, sides[0]!) : sameRelation({ kind: "relation", sides, operators }, value, same);
  }
  const sides =
    isName(relation.sides[0]!) || isSum(relation.sides[0]!)
      ? relation.sides.slice(1)
      : isName(relation.sides.at(-1)!)
        ? relation.sides.slice(0, -1)
        : relation.sides;
  return sides.every((side) => same(value, side));
}

function bothRelations(a: Relation, b: Relation, same: Same): boolean {
  const inOrder = (left: Node[], right: Node[]) => left.length === right.length && left.every((side, i) => same(side, right[i]!));
  const one = (relation: Relation) => relation.operators.length === 1 && relation.operators[0] === "=";
  if (one(a) && one(b)) {
    const [f, g] = [calledWith(a.sides[0]!), calledWith(b.sides[0]!)];
    if (f !== null && g !== null && f.name === g.name && f.variable !== g.variable) {
      return same(a.sides[1]!, renamed(b.sides[1]!, g.variable, f.variable));
    }
    if (graphs(a, b)) return same(a.sides[1]!, b.sides[1]!);
    if (inOrder(a.sides, b.sides) || inOrder(a.sides, [...b.sides].reverse())) return true;
    const sides = [...a.sides, ...b.sides];
    if (sides.some((side) => some(side, isCompound) || infinite(side) !== 0)) return false;
    return sameEquation(a.sides as [Node, Node], b.sides as [Node, Node]);
  }
  const turned: Record<string, string> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" };
  const [operators, sides] = [b.operators.map((sign) => turned[sign] ?? sign).reverse(), [...b.sides].reverse()];
  return (
    (a.operators.join() === b.operators.join() && inOrder(a.sides, b.sides)) ||
    (a.operators.every((sign) => sign !== ":" && sign !== "in") && a.operators.join() === operators.join() && inOrder(a.sides, sides))
  );
}

/** `y = …` and `f(x) = …` */
function graphs(a: Relation, b: Relation): boolean {
  const [left, right] = [a.sides[0]!, b.sides[0]!];
  return (isY(left) && isCalled(right)) || (isCalled(left) && isY(right));
}

const isY = (node: Node) => node.kind === "symbol" && node.name === "y";

const isCalled = (node: Node) => node.kind === "call" && node.name === "multiply" && node.args[1]?.kind === "symbol" && isName(node);

/** `f(x)` by its parts. */
function calledWith(node: Node): { name: string; variable: string } | null {
  if (node.kind !== "call" || node.name !== "multiply") return null;
  const [name, variable] = node.args;
  if (name?.kind !== "symbol" || variable?.kind !== "symbol" || !/^[fghP]$/.test(name.name)) return null;
  return { name: name.name, variable: variable.name };
}
