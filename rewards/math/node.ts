/** An answer as a tree. Numbers keep their spelling, so that they can be read exactly. */
export type Node =
  | { kind: "number"; text: string }
  | { kind: "symbol"; name: string }
  | { kind: "call"; name: string; args: Node[] }
  /** `(1,2]`, `\{1,2\}`, `\langle 1,2 \rangle`: two or more items in brackets, or a set of any size */
  | { kind: "group"; open: string; close: string; items: Node[] }
  /** items side by side: `1, 2`, `x=1 or x=2` */
  | { kind: "list"; items: Node[] }
  | { kind: "matrix"; brackets: string; rows: Node[][] }
  /** `a < b <= c`: one operator fewer than sides */
  | { kind: "relation"; sides: Node[]; operators: string[] };

/** The text is not mathematics that we read: it is compared as text. Never leaves rewards/math. */
export class NotMathError extends Error {}

export const MAX_NODES = 400;
export const MAX_DEPTH = 40;

export function call(name: string, ...args: Node[]): Node {
  return { kind: "call", name, args };
}

export function number(text: string): Node {
  return { kind: "number", text };
}

export function children(node: Node): Node[] {
  switch (node.kind) {
    case "call":
      return node.args;
    case "group":
    case "list":
      return node.items;
    case "matrix":
      return node.rows.flat();
    case "relation":
      return node.sides;
    default:
      return [];
  }
}

/** The same tree with every node put through `change`, children first. */
export function map(node: Node, change: (node: Node) => Node): Node {
  const each = (nodes: Node[]) => nodes.map((one) => map(one, change));
  switch (node.kind) {
    case "call":
      return change({ ...node, args: each(node.args) });
    case "group":
    case "list":
      return change({ ...node, items: each(node.items) });
    case "matrix":
      return change({ ...node, rows: node.rows.map(each) });
    case "relation":
      return change({ ...node, sides: each(node.sides) });
    default:
      return change(node);
  }
}

export function some(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || children(node).some((child) => some(child, test));
}
