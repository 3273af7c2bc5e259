import { call, type Node, number, some } from "./node.ts";

const UNITS = ["i", "j", "k"];

/** `3i + 4j` beside a tuple or a matrix of two or three numbers, as that tuple; null for what is no sum of multiples of i, j and k. */
export function components(node: Node, size: number): Node | null {
  if (size < 2 || size > 3 || !some(node, (one) => one.kind === "symbol" && (one.name === "j" || one.name === "k"))) return null;
  const parts = UNITS.slice(0, size).map((): Node => number("0"));
  for (const term of terms(node)) {
    const found = coefficient(term);
    const at = found === null ? -1 : UNITS.indexOf(found.unit);
    if (found === null || at < 0 || at >= size) return null;
    parts[at] = call("add", parts[at]!, found.of);
  }
  return { kind: "group", open: "(", close: ")", items: parts };
}

function terms(node: Node): Node[] {
  return node.kind === "call" && node.name === "add" ? node.args.flatMap(terms) : [node];
}

function coefficient(node: Node): { unit: string; of: Node } | null {
  if (node.kind === "symbol") return UNITS.includes(node.name) ? { unit: node.name, of: number("1") } : null;
  if (node.kind !== "call") return null;
  const [a, b] = node.args as [Node, Node];
  if (node.name === "negate") {
    const inner = coefficient(a);
    return inner === null ? null : { unit: inner.unit, of: call("negate", inner.of) };
  }
  if (node.name !== "multiply") return null;
  const [left, right] = [coefficient(a), coefficient(b)];
  if (right !== null && left === null) return { unit: right.unit, of: call("multiply", a, right.of) };
  return left !== null && right === null ? { unit: left.unit, of: call("multiply", left.of, b) } : null;
}
