import { call, map, type Node, some } from "./node.ts";

export function isCompound(node: Node): boolean {
  return node.kind !== "call" && node.kind !== "number" && node.kind !== "symbol"
    ? true
    : node.kind === "call" && ["cup", "cap", "setminus"].includes(node.name);
}

/** `C(10, 4)` is a binomial coefficient. */
export function choices(node: Node): Node {
  return map(node, (one) => {
    if (one.kind !== "call" || one.name !== "multiply") return one;
    const [name, pair] = one.args as [Node, Node];
    const chosen = name.kind === "symbol" && name.name === "C" && pair.kind === "group" && pair.open === "(" && pair.items.length === 2;
    return chosen ? call("binomial", ...pair.items) : one;
  });
}

/** A number times a matrix, as a matrix. */
export function scaled(node: Node): Node {
  if (!some(node, ({ kind }) => kind === "matrix")) return node;
  return map(node, (one) => {
    if (one.kind !== "call" || !["multiply", "divide", "negate"].includes(one.name)) return one;
    const at = one.args.findIndex(({ kind }) => kind === "matrix");
    const matrix = one.args[at];
    if (matrix?.kind !== "matrix" || matrix.brackets !== "(" || (one.name === "divide" && at === 1)) return one;
    if (one.args.some((other, i) => i !== at && some(other, isCompound))) return one;
    const put = (entry: Node) => call(one.name, ...one.args.map((other, i) => (i === at ? entry : other)));
    return { ...matrix, rows: matrix.rows.map((row) => row.map(put)) };
  });
}

/** `a ± b` as the two numbers that it says. */
export function spread(node: Node): Node {
  if (!some(node, isPlusMinus)) return node;
  if (node.kind === "list" || (node.kind === "group" && node.open === "{")) {
    return { ...node, items: node.items.flatMap((item) => alternatives(spread(item))) };
  }
  const take = (sign: "pm" | "mp") =>
    map(node, (one) => {
      if (one.kind !== "call" || (one.name !== "pm" && one.name !== "mp")) return one;
      const [left, right] = one.args as [Node, Node];
      return call("add", left, one.name === sign ? right : call("negate", right));
    });
  const both = [take("pm"), take("mp")];
  return { kind: "list", items: both };
}

function alternatives(node: Node): Node[] {
  return node.kind === "list" ? node.items : [node];
}

function isPlusMinus(node: Node): boolean {
  return node.kind === "call" && (node.name === "pm" || node.name === "mp");
}
