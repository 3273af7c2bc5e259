import { isName } from "./names.ts";
import type { Node } from "./node.ts";
import { components } from "./vectors.ts";

/** `[[1, 2], [3, 4]]`, or `(1, 2)` beside a row or a column, as a matrix of the same form as the other; null for what is none, or is one already. */
export function matrixOf(node: Node, other: Node): Node | null {
  if (node.kind !== "group" || node.open === "{" || other.kind !== "matrix" || other.brackets === "|") return null;
  const { items } = node;
  const nested = items.map((item) => (item.kind === "group" && item.open === "[" ? item.items : null));
  if (nested.every((row) => row !== null)) return { kind: "matrix", brackets: "(", rows: nested };
  if (node.open === "(" ? node.close !== ")" : node.close !== "]") return null;
  if (other.rows.every(({ length }) => length === 1)) return { kind: "matrix", brackets: "(", rows: items.map((item) => [item]) };
  return other.rows.length === 1 ? { kind: "matrix", brackets: "(", rows: [items] } : null;
}

/** `P(1, 2)` or `i + 2j` beside a tuple, or i + 2j beside a matrix, as a tuple. */
export function pointOf(node: Node, other: Node): Node | null {
  if (node.kind !== "call" || (other.kind !== "group" && other.kind !== "matrix")) return null;
  const [name, pair] = node.args;
  if (node.name === "multiply" && name?.kind === "symbol" && /^[A-Z]$/.test(name.name) && pair?.kind === "group") return pair;
  return components(node, other.kind === "group" ? other.items.length : other.rows.flat().length);
}

/** `x \in \{1, 2\}` is that set. */
export function setOf(node: Node): Node | null {
  if (node.kind !== "relation" || node.operators.join() !== "in" || !isName(node.sides[0]!)) return null;
  const set = node.sides[1]!;
  return set.kind === "group" && set.open === "{" ? set : null;
}
