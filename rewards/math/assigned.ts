import type { Node } from "./node.ts";

type Relation = Extract<Node, { kind: "relation" }>;

/** `(a, b) = (1, 2)` as a = 1, b = 2, and `a = b = 1` as a = 1, b = 1. */
export function pointwise(node: Node): Node | null {
  if (node.kind !== "relation" || !node.operators.every((one) => one === "=")) return null;
  const [last, chain] = [node.sides.at(-1)!, node.sides.slice(0, -1)];
  if (chain.length > 1) {
    if (last.kind === "symbol" || !chain.every(({ kind }) => kind === "symbol")) return null;
    return { kind: "list", items: chain.map((name) => assignment(name, last)) };
  }
  const [names, values] = node.sides as [Node, Node];
  if (names.kind !== "group" || values.kind !== "group" || names.items.length !== values.items.length) return null;
  if (!names.items.every(({ kind }) => kind === "symbol")) return null;
  return { kind: "list", items: names.items.map((name, i) => assignment(name, values.items[i]!)) };
}

function assignment(name: Node, value: Node): Node {
  return { kind: "relation", sides: [name, value], operators: ["="] };
}

/** Values in the order of their names, where every item is `name = value` with a name of its own. */
export function assignments(items: Node[]): Node[] | null {
  const pairs: [string, Node][] = [];
  for (const item of items) {
    const name = assignedName(item);
    if (name === null) return null;
    pairs.push([name, (item as Relation).sides[1]!]);
  }
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) return null;
  return pairs.sort(([x], [y]) => (x < y ? -1 : 1)).map(([, value]) => value);
}

/** What is given a value in a list; `x_1` and `x_2` are the values of one x. */
export function names(items: readonly Node[]): Set<string> {
  const all = new Set(items.flatMap((item) => assignedName(item) ?? []));
  const bare = new Set([...all].map((name) => name.replace(/_[0-9]+$/, "")));
  return bare.size === 1 ? bare : all;
}

export function assignedName(node: Node): string | null {
  if (node.kind !== "relation" || node.operators.length !== 1 || !["=", "in"].includes(node.operators[0]!)) return null;
  const [name] = node.sides;
  return name?.kind === "symbol" ? name.name : null;
}
