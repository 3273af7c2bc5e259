import { symbols } from "./expressions.ts";
import { map, type Node, some } from "./node.ts";

const WHOLE = new Set(["set Z", "set N"]);
const NUMBERED = /^[cC]_[1-9]$/;
const USUAL = new Set(["k", "n", "m"]);

/** Constants of integration in one spelling: `c_1` as `C_1`, and a lone `C_1` as `C`. */
export function capitalConstants(node: Node): Node {
  if (!some(node, (one) => one.kind === "symbol" && NUMBERED.test(one.name))) return node;
  const capital = map(node, (one) =>
    one.kind === "symbol" && NUMBERED.test(one.name) ? { kind: "symbol", name: one.name.toUpperCase() } : one,
  );
  const found = symbols(capital).filter((name) => /^C(?:_|$)/.test(name));
  return found.length === 1 ? renamed(capital, found[0]!, "C") : capital;
}

/**
 * Two answers of which one or both say `, k \in \mathbb{Z}`, without it and with one name for that number: families of solutions,
 * whose parameter is named at will.
 */
export function sameParameter(a: Node, b: Node): [Node, Node] {
  const [left, right] = [declared(a), declared(b)];
  if (left.name === null && right.name === null) return [a, b];
  const [from, to] = [left.name ?? only(left.rest), right.name ?? only(right.rest)];
  if (from === null || to === null || symbols(left.rest).includes(to) !== (from === to)) return [left.rest, right.rest];
  return [renamed(left.rest, from, to), right.rest];
}

/** Two answers of which only one says `, x \ne 1` behind an expression in x, without it. */
export function sameRestrictions(a: Node, b: Node): [Node, Node] {
  const [left, right] = [unrestricted(a), unrestricted(b)];
  return left !== null && right !== null ? [a, b] : [left ?? a, right ?? b];
}

function unrestricted(node: Node): Node | null {
  if (node.kind !== "list" || node.items.length !== 2) return null;
  const [of, but] = node.items as [Node, Node];
  if (of.kind !== "call" || but.kind !== "relation" || but.operators.join() !== "!=") return null;
  const [name] = symbols(but);
  return name !== undefined && symbols(of).includes(name) ? of : null;
}

function declared(node: Node): { rest: Node; name: string | null } {
  const last = node.kind === "list" ? node.items.at(-1)! : null;
  if (node.kind !== "list" || last?.kind !== "relation" || last.operators.join() !== "in") return { rest: node, name: null };
  const [name, set] = last.sides as [Node, Node];
  if (name.kind !== "symbol" || set.kind !== "symbol" || !WHOLE.has(set.name)) return { rest: node, name: null };
  const items = node.items.slice(0, -1);
  return { rest: items.length === 1 ? items[0]! : { kind: "list", items }, name: name.name };
}

function only(node: Node): string | null {
  const found = symbols(node).filter((name) => USUAL.has(name));
  return found.length === 1 ? found[0]! : null;
}

export function renamed(node: Node, from: string, to: string): Node {
  return map(node, (one) => (one.kind === "symbol" && one.name === from ? { kind: "symbol", name: to } : one));
}
