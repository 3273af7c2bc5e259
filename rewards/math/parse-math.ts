import { call, MAX_DEPTH, type Node, NotMathError, number } from "./node.ts";
import { FunctionParser, type Reading } from "./parse-functions.ts";
import { tokenize } from "./tokens.ts";

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
  equiv: "=",
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
/**
 * Reads LaTeX or plain text as a tree, in one pass without going back: linear time. Throws NotMathError for anything it does
 * not know, and beyond 400 nodes or a depth of 40. Nothing is computed here.
 */
export function parseMath(text: string, reading: Partial<Reading> = {}): Node {
  const parser = new Parser(tokenize(text), { powersInside: false, strokesInside: true, wideStrokes: false, ...reading });
  const node = parser.list();
  parser.end();
  return node;
}

class Parser extends FunctionParser {
  /** inside |…| a bar closes; inside of a set it may part `x | x > 1` */
  private bars = 0;
  private builder = 0;

  list(): Node {
    const items = this.items();
    return items.length === 1 ? items[0]! : { kind: "list", items };
  }

  protected items(): Node[] {
    const items = [this.relation()];
    while (this.take("sign", ",") || this.take("sign", ";")) {
      while (this.take("sign", ","));
      items.push(this.relation());
    }
    return items;
  }

  protected relation(): Node {
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
    if (this.take("command", "mod")) {
      const items = [sides.at(-1)!, this.power()];
      this.take("sign", ")"); // the bracket of (mod 7) has been opened already
      return this.count({ kind: "group", open: "mod", close: "mod", items });
    }
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

  protected sum(): Node {
    let left = this.product();
    for (;;) {
      if (this.take("sign", "+")) left = this.count(call("add", left, this.product()));
      else if (this.take("sign", "-")) left = this.count(call("add", left, this.count(call("negate", this.product()))));
      else if (this.take("command", "pm")) left = this.count(call("pm", left, this.product()));
      else if (this.take("command", "mp")) left = this.count(call("mp", left, this.product()));
      else return left;
    }
  }

  protected product(): Node {
    let left = this.unary();
    for (;;) {
      if (this.take("sign", "*") || this.take("command", "cdot") || this.take("command", "times")) {
        left = this.count(call("multiply", left, this.unary()));
      } else if (this.take("sign", "/") || this.take("command", "div")) left = this.count(call("divide", left, this.below()));
      else if (this.startsFactor(left)) left = this.count(call("multiply", left, this.power()));
      else return left;
    }
  }

  /** What stands behind a stroke. */
  private below(): Node {
    let node = this.unary();
    while (this.reading.wideStrokes && node.kind !== "number" && this.peek()?.kind === "symbol")
      node = this.count(call("multiply", node, this.power()));
    return node;
  }

  protected startsFactor(left: Node): boolean {
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
    return token.kind === "command" && (["lfloor", "lceil", "lvert"].includes(token.value) || /^begin [pb]?matrix$/.test(token.value));
  }

  protected unary(): Node {
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

  protected power(): Node {
    const base = this.postfix(this.primary());
    if (!this.take("sign", "^")) return base;
    const exponent = this.peek()?.value === "{" ? this.braced() : this.unary();
    if (base.kind === "matrix" && exponent.kind === "symbol" && exponent.name === "T") return transposed(base);
    return this.postfix(this.count(call("power", base, exponent)));
  }

  protected postfix(node: Node): Node {
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
      .map(({ value }) => value)
      .filter((value) => value !== "{" && value !== "}")
      .join("");
    const name = BASES[below] ?? below;
    if (node.kind === "symbol") return this.count({ kind: "symbol", name: `${node.name}_${name}` });
    if (node.kind === "number") return this.count({ kind: "symbol", name: `${node.text.replace(/^0+(?=.)/, "")}_${name}` });
    throw new NotMathError("a subscript without a name");
  }

  protected primary(): Node {
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

  /** `{…}`, or one sign: `\frac12` is a half. */
  protected argument(): Node {
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
