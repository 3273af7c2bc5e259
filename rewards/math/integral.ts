import { symbols } from "./expressions.ts";
import { call, type Node } from "./node.ts";

const CONSTANTS = new Set(["C", "c", "K", "k", "C_1", "c_1", '"constant"']);

/** What stands beside the constant of integration, where one is added to a function of something; null without. */
export function withoutConstant(node: Node): Node | null {
  const terms = termsOf(node);
  const added = terms.filter((term) => term.kind === "symbol" && CONSTANTS.has(term.name));
  const [constant] = added;
  if (added.length !== 1 || constant?.kind !== "symbol") return null;
  const rest = terms.filter((term) => term !== constant);
  if (rest.length === 0) return null;
  const names = rest.flatMap(symbols);
  const others = names.filter((name) => CONSTANTS.has(name) || /^[A-Z]/.test(name));
  const variable = names.some((name) => /^[tuvwxyzr]$|theta|phi|alpha/.test(name));
  if (others.length > 0 || !variable || (constant.name !== "C" && new Set(names).size > 1)) return null;
  return rest.reduce((sum, term) => call("add", sum, term));
}

function termsOf(node: Node): Node[] {
  return node.kind === "call" && node.name === "add" ? node.args.flatMap(termsOf) : [node];
}
