import { Cursor } from "./cursor.ts";
import { call, type Node, NotMathError } from "./node.ts";
import type { Token } from "./tokens.ts";

const BASE_FUNCTIONS = new Set(["log"]);
/** functions of several arguments in one pair of brackets */
const MANY = new Set(["max", "min", "gcd", "lcm"]);

export interface Reading {
  /** whether `\\ln (x)^2` is the logarithm of a square, not the square of a logarithm */
  powersInside: boolean;
  /** whether `\\sin x / 2` is the sine of a half of x */
  strokesInside: boolean;
  /** whether `t/RC` is t over RC */
  wideStrokes: boolean;
}

/** Functions and what they are applied to: `\frac12`, `\sqrt[3]{x}`, `\log_2 x`, `\sin^2 2x`. */
export abstract class FunctionParser extends Cursor {
  protected readonly reading: Reading;

  constructor(tokens: Token[], reading: Reading) {
    super(tokens);
    this.reading = reading;
  }

  protected abstract items(): Node[];
  protected abstract relation(): Node;
  protected abstract power(): Node;
  protected abstract postfix(node: Node): Node;
  protected abstract primary(): Node;
  protected abstract argument(): Node;
  protected abstract startsFactor(left: Node): boolean;

  protected applied(name: string): Node {
    if (name === "frac") return this.count(call("divide", this.argument(), this.argument()));
    if (name === "binom") return this.count(call("binomial", this.argument(), this.argument()));
    if (name === "sqrt") {
      const index = this.take("sign", "[") ? this.closed(this.relation(), "sign", "]") : null;
      const inner = this.peek()?.value === "(" ? this.primary() : this.argument();
      return this.count(index === null ? call("sqrt", inner) : call("root", inner, index));
    }
    if (MANY.has(name)) {
      if (!this.take("sign", "(") && !this.take("sign", "\\{")) throw new NotMathError(`${name} of what?`);
      const args = this.items();
      if (!this.take("sign", ")") && !this.take("sign", "\\}")) throw new NotMathError("an open bracket");
      return this.count(call(name, ...args));
    }
    let base: Node | null = null;
    let exponent: Node | null = null;
    for (;;) {
      if (BASE_FUNCTIONS.has(name) && base === null && this.take("sign", "_")) base = this.argument();
      else if (exponent === null && this.take("sign", "^")) exponent = this.argument();
      else break;
    }
    const inverse =
      exponent?.kind === "call" && exponent.name === "negate" && exponent.args[0]?.kind === "number" && exponent.args[0].text === "1";
    const plain = { lg: "log", asin: "arcsin", acos: "arccos", atan: "arctan" }[name] ?? name;
    const called = inverse && ["sin", "cos", "tan"].includes(plain) ? `arc${plain}` : plain;
    const logarithm = plain === "ln" || plain === "log";
    const inner = logarithm && this.reading.powersInside && this.peek()?.value === "(" ? this.power() : this.functionArgument();
    const node = this.count(base === null ? call(called, inner) : call("log", inner, base));
    return exponent === null || called !== plain ? node : this.count(call("power", node, exponent));
  }

  /** `\sin(x) y` is sin(x) times y, `\sin 2x` is sin(2x), and `\sin x \cos x` is a product of two. */
  private functionArgument(): Node {
    const next = this.peek();
    if (next?.value === "(" || next?.value === "{") return this.postfix(this.primary());
    if (this.take("sign", "-")) return this.count(call("negate", this.functionArgument()));
    let node = this.power();
    for (let token = this.peek(); token?.kind === "symbol" || token?.kind === "number"; token = this.peek()) {
      if (!this.startsFactor(node)) break;
      node = this.count(call("multiply", node, this.power()));
    }
    if (this.reading.strokesInside && this.peek()?.value === "/" && node.kind !== "call") {
      this.at++;
      node = this.count(call("divide", node, this.power()));
    }
    return node;
  }
}
