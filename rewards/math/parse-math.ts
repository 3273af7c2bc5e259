import { Cursor } from "./cursor.ts";
import { call, MAX_DEPTH, type Node, NotMathError, number } from "./node.ts";
import { type Token, tokenize } from "./tokens.ts";

const RELATIONS: Record<string, string> = {
  "=": "=",
  "<": "<",
  ">": ">",
  le: "<=",
  ge: ">=",
  ne: "!=",
  in: "in",
  ":": ":",
  approx: "~",
  equiv: "equiv",
};
const BASES: Record<string, string> = {
  two: "2",
  three: "3",
  four: "4",
  five: "5",
  six: "6",
  seven: "7",
  eight: "8",
  nine: "9",
  ten: "10",
};
const BASE_FUNCTIONS = new Set(["log"]);
/** functions of several arguments in one pair of brackets */
const MANY = new Set(["max", "min", "gcd", "lcm"]);

/**
 * Reads LaTeX or plain text as a tree, in one pass without going back: linear time. Throws NotMathError for anything it does
 * not know, and beyond 400 nodes or a depth of 40. Nothing is computed here.
 */
export function parseMath(text: string, reading: Partial<Reading> = {}): Node {
  const parser = new Parser(tokenize(text), { powersInside: false, ...reading });
  const node = parser.list();
  parser.end();
  return node;
}

export interface Reading {
  /** whether `\\ln (x)^2` is the logarithm of a square, not the square of a logarithm */
  powersInside: boolean;
}

class Parser extends Cursor {
  private readonly reading: Reading;
  /** inside |…| a bar closes; inside of a set it may part `x | x > 1` */
  private bars = 0;
  private builder = 0;

  constructor(tokens: Token[], reading: Reading) {
    super(tokens);
    this.reading = reading;
  }

  list(): Node {
    const items = this.items();
    return items.length === 1 ? items[0]! : { kind: "list", items };
  }

  private items(): Node[] {
    const items = [this.relation()];
    while (this.take("sign", ",") || this.take("sign", ";")) {
      while (this.take("sign", ","));
      items.push(this.relation());
    }
    return items;
  }

  private relation(): Node {
    if (++this.depth > MAX_DEPTH) throw new NotMathError("too deep");
    const sides = [this.union()];
    const operators: string[] = [];
    for (let token = this.peek(); token !== undefined; token = this.peek()) {
      const operator = token.kind === "sign" || token.kind === "command" ? RELATIONS[token.value] : undefined;
      if (operator === undefined || (operator === ":" && this.builder > 0)) break;
      this.at++;
      operators.push(operator);
      sides.push(this.union());
    }
    this.depth--;
    return sides.length === 1 ? sides[0]! : this.count({ kind: "relation", sides, operators });
  }

  private union(): Node {
    let left = this.sum();
    for (;;) {
      const operator = ["cup", "cap", "setminus"].find((one) => this.take("command", one));
      if (operator === undefined) return left;
      left = this.count(call(operator, left, this.sum()));
    }
  }

  private sum(): Node {
    let left = this.product();
    for (;;) {
      if (this.take("sign", "+")) left = this.count(call("add", left, this.product()));
      else if (this.take("sign", "-")) left = this.count(call("add", left, this.count(call("negate", this.product()))));
      else if (this.take("command", "pm")) left = this.count(call("pm", left, this.product()));
      else if (this.take("command", "mp")) left = this.count(call("mp", left, this.product()));
      else return left;
    }
  }

  private product(): Node {
    let left = this.unary();
    for (;;) {
      if (this.take("sign", "*") || this.take("command", "cdot") || this.take("command", "times")) {
        left = this.count(call("multiply", left, this.unary()));
      } else if (this.take("sign", "/") || this.take("command", "div")) left = this.count(call("divide", left, this.unary()));
      else if (this.startsFactor(left)) left = this.count(call("multiply", left, this.power()));
      else return left;
    }
  }

  private startsFactor(left: Node): boolean {
    const token = this.peek();
    if (token === undefined) return false;
    if (token.kind === "number") {
      if (left.kind === "number") throw new NotMathError("two numbers side by side");
      return true;
    }
    if (token.kind === "symbol" || token.kind === "function") return true;
    if (token.kind === "sign")
      return (
        token.value === "(" || token.value === "[" || token.value === "{" || (token.value === "|" && this.bars === 0 && this.builder === 0)
      );
    return token.kind === "command" && ["lfloor", "lceil", "lvert"].includes(token.value);
  }

  private unary(): Node {
    if (++this.depth > MAX_DEPTH) throw new NotMathError("too deep");
    let node: Node;
    if (this.take("sign", "-")) node = this.count(call("negate", this.unary()));
    else if (this.take("sign", "+")) node = this.unary();
    else if (this.take("command", "pm")) node = this.count(call("pm", number("0"), this.unary()));
    else if (this.take("command", "mp")) node = this.count(call("mp", number("0"), this.unary()));
    else node = this.power();
    this.depth--;
    return node;
  }

  private power(): Node {
    const base = this.postfix(this.primary());
    if (!this.take("sign", "^")) return base;
    const exponent = this.peek()?.value === "{" ? this.braced() : this.unary();
    if (base.kind === "matrix" && exponent.kind === "symbol" && exponent.name === "T") return transposed(base);
    return this.postfix(this.count(call("power", base, exponent)));
  }

  private postfix(node: Node): Node {
    let out = node;
    for (;;) {
      if (this.take("sign", "!")) out = this.count(call("factorial", out));
      else if (this.take("sign", "°")) out = this.count(call("degree", out));
      else if (this.take("sign", "%")) out = this.count(call("percent", out));
      else if (out.kind === "symbol" && this.take("sign", "'")) out = this.count({ kind: "symbol", name: `${out.name}'` });
      else if (this.peek()?.value === "_") out = this.subscript(out);
      else return out;
    }
  }

  /** `x_1`, `a_{n+1}` and `101_2` are names of their own. */
  private subscript(node: Node): Node {
    this.at++;
    const start = this.at;
    this.argument();
    const below = this.tokens
      .slice(start, this.at)
      .map(({ value }) => BASES[value] ?? value)
      .filter((value) => value !== "{" && value !== "}")
      .join("");
    if (node.kind === "symbol") return this.count({ kind: "symbol", name: `${node.name}_${below}` });
    if (node.kind === "number") return this.count({ kind: "symbol", name: `${node.text.replace(/^0+(?=.)/, "")}_${below}` });
    throw new NotMathError("a subscript without a name");
  }

  private primary(): Node {
    const token = this.peek();
    if (token === undefined) throw new NotMathError("something is missing at the end");
    this.at++;
    if (token.kind === "number") return this.count(number(token.value));
    if (token.kind === "symbol") return this.count({ kind: "symbol", name: token.value });
    if (token.kind === "function") return this.applied(token.value);
    if (token.kind === "sign") return this.bracketed(token.value);
    if (token.kind === "text") return this.count({ kind: "symbol", name: `"${token.value.toLowerCase()}"` });
    return this.command(token.value);
  }

  private command(name: string): Node {
    switch (name) {
      case "lfloor":
        return this.count(call("floor", this.closed(this.relation(), "command", "rfloor")));
      case "lceil":
        return this.count(call("ceil", this.closed(this.relation(), "command", "rceil")));
      case "langle": {
        const items = this.items();
        return this.closed(this.count({ kind: "group", open: "(", close: ")", items }), "command", "rangle");
      }
      case "emptyset":
      case "varnothing":
        return this.count({ kind: "group", open: "{", close: "}", items: [] });
      case "mathbb":
      case "Bbb":
        return this.count({ kind: "symbol", name: `set ${this.tokenOf(this.argument())}` });
      case "begin pmatrix":
      case "begin bmatrix":
      case "begin matrix":
      case "begin vmatrix":
        return this.matrix(name.slice("begin ".length));
      case "begin cases":
      case "begin aligned": {
        const { rows } = this.matrix(name.slice("begin ".length));
        if (rows.some(({ length }) => length > 1)) return this.count({ kind: "matrix", brackets: "cases", rows });
        return this.count({ kind: "list", items: rows.flat() });
      }
      case "nabla":
      case "partial":
        return this.count({ kind: "symbol", name });
      case "ldots":
      case "dots":
      case "cdots":
        return this.count({ kind: "symbol", name: "..." });
      default:
        throw new NotMathError(`no use for \\${name}`);
    }
  }

  private tokenOf(node: Node): string {
    if (node.kind !== "symbol") throw new NotMathError("expected a letter");
    return node.name;
  }

  private bracketed(open: string): Node {
    if (open === "{") {
      this.at--;
      return this.braced();
    }
    if (open === "|") {
      this.bars++;
      const inner = this.sum();
      this.bars--;
      return this.closed(this.count(call("abs", inner)), "sign", "|");
    }
    if (open === "\\{") return this.set();
    if (open !== "(" && open !== "[") throw new NotMathError(`${open} without anything before it`);
    const [bars, builder] = [this.bars, this.builder];
    this.bars = this.builder = 0;
    const items = this.items();
    [this.bars, this.builder] = [bars, builder];
    const close = this.peek()?.value ?? "";
    if (close !== ")" && close !== "]") throw new NotMathError("an open bracket");
    this.at++;
    if (items.length > 1) return this.count({ kind: "group", open, close, items });
    if ((open === "(") !== (close === ")")) throw new NotMathError("brackets that do not match");
    return items[0]!;
  }

  private set(): Node {
    if (this.take("sign", "\\}")) return this.count({ kind: "group", open: "{", close: "}", items: [] });
    this.builder++;
    const items = this.items();
    this.builder--;
    if (this.take("sign", "|") || this.take("command", "mid") || this.take("sign", ":")) {
      // {x | x > 1} is x > 1
      return this.closed(this.list(), "sign", "\\}");
    }
    return this.closed(this.count({ kind: "group", open: "{", close: "}", items }), "sign", "\\}");
  }

  private matrix(brackets: string): Extract<Node, { kind: "matrix" }> {
    const rows: Node[][] = [[]];
    for (;;) {
      if (this.take("command", `end ${brackets}`)) break;
      rows.at(-1)!.push(this.relation());
      if (this.take("command", "\\")) {
        if (this.peek()?.value !== `end ${brackets}`) rows.push([]);
      } else if (!this.take("sign", "&") && this.peek()?.value !== `end ${brackets}`) throw new NotMathError("a matrix without an end");
    }
    const matrix = { kind: "matrix", brackets: brackets === "vmatrix" ? "|" : "(", rows } as const;
    this.count(matrix);
    return matrix;
  }

  private applied(name: string): Node {
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
    if (this.peek()?.value === "/" && node.kind !== "call") {
      this.at++;
      node = this.count(call("divide", node, this.power()));
    }
    return node;
  }

  /** `{…}`, or one sign: `\frac12` is a half. */
  private argument(): Node {
    if (this.peek()?.value === "{") return this.braced();
    const token = this.peek();
    if (token?.kind === "number" && token.value.length > 1) {
      const [first, rest] = [token.value.slice(0, 1), token.value.slice(1)];
      this.tokens.splice(this.at, 1, { kind: "number", value: first }, { kind: "number", value: rest });
    }
    if (token?.kind === "sign" && token.value === "-") {
      this.at++;
      return this.count(call("negate", this.argument()));
    }
    return this.primary();
  }

  private braced(): Node {
    this.at++;
    const [bars, builder] = [this.bars, this.builder];
    this.bars = this.builder = 0;
    const items = this.items();
    [this.bars, this.builder] = [bars, builder];
    const node: Node = items.length === 1 ? items[0]! : this.count({ kind: "group", open: "{", close: "}", items }); // {1,2} is meant for a set
    return this.closed(node, "sign", "}");
  }
}

function transposed({ brackets, rows }: Extract<Node, { kind: "matrix" }>): Node {
  const width = Math.max(...rows.map(({ length }) => length));
  if (rows.some(({ length }) => length !== width)) throw new NotMathError("rows of several lengths");
  return { kind: "matrix", brackets, rows: Array.from({ length: width }, (_, i) => rows.map((row) => row[i]!)) };
}
