import { MAX_NODES, type Node, NotMathError } from "./node.ts";
import type { Token } from "./tokens.ts";

/** A place in a list of tokens, which only moves on, with counts of how deep and how large the tree has become. */
export class Cursor {
  protected readonly tokens: Token[];
  protected at = 0;
  protected depth = 0;
  private nodes = 0;

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  end(): void {
    if (this.at < this.tokens.length) throw new NotMathError(`left over: ${this.tokens[this.at]!.value}`);
  }

  protected closed(node: Node, kind: Token["kind"], value: string): Node {
    if (!this.take(kind, value)) throw new NotMathError(`expected ${value}`);
    return node;
  }

  protected count(node: Node): Node {
    if (++this.nodes > MAX_NODES) throw new NotMathError("too large");
    return node;
  }

  protected peek(): Token | undefined {
    return this.tokens[this.at];
  }

  protected take(kind: Token["kind"], value: string): boolean {
    const token = this.tokens[this.at];
    if (token?.kind !== kind || token.value !== value) return false;
    this.at++;
    return true;
  }
}
