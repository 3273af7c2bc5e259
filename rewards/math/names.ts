import type { Node } from "./node.ts";

/** What may stand left of an equals sign without being part of the answer: `x`, `f(x)`, `\text{Area}`, `P(A)`. */
export function isName(node: Node): boolean {
  if (node.kind === "symbol") return true;
  if (node.kind === "group") return node.items.every(isName);
  if (node.kind !== "call") return false;
  if (node.name === "power") return isInverse(node);
  if (node.name === "cap" || node.name === "cup") return node.args.every(isName); // P(A and B)
  if (node.name === "abs") return isName(node.args[0]!);
  if (node.name === "divide") return node.args.every(isName); // dy/dx
  if (node.name !== "multiply") return false;
  const [head, argument] = node.args as [Node, Node];
  if (isDerivative(head)) return true;
  return isName(head) && (argument.kind === "number" || isName(argument));
}

/** `m + n` in `m + n = 12`, as many contests ask; `x + y = 12` is a line. */
export function isSum(node: Node): boolean {
  if (node.kind === "symbol") return /^[a-dm-qA-Z]$/.test(node.name);
  return node.kind === "call" && (node.name === "add" || node.name === "multiply") && node.args.every(isSum);
}

/** `d/dx` */
function isDerivative(node: Node): boolean {
  if (node.kind !== "call" || node.name !== "divide") return false;
  const [over, under] = node.args as [Node, Node];
  const first = under.kind === "call" && under.name === "multiply" ? under.args[0]! : null;
  return over.kind === "symbol" && first?.kind === "symbol" && first.name === over.name && /^(?:d|partial)$/.test(over.name);
}

/** The inverse of a matrix or of a function, `A^{-1}` and `f^{-1}`; of matrices other powers too. */
function isInverse(node: Extract<Node, { kind: "call" }>): boolean {
  const [base, exponent] = node.args;
  if (base?.kind !== "symbol") return false;
  const minusOne =
    exponent?.kind === "call" && exponent.name === "negate" && exponent.args[0]?.kind === "number" && exponent.args[0].text === "1";
  return /^[A-Z]$/.test(base.name) || (/^[fgh]$/.test(base.name) && minusOne);
}
