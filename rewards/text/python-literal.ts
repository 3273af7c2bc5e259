/** A value that a Python literal may have here. NaN stands for None, `float('nan')` and `np.nan`: a missing cell. */
export type PythonValue = number | string | boolean | PythonValue[] | Map<string, PythonValue>;

/** The text is no literal that we read. Never leaves rewards/text. */
export class NotLiteralError extends Error {}

const MAX_VALUES = 20_000;
const MAX_DEPTH = 12;

const TOKEN =
  /[ \t\r\n]+|#[^\n]*|([-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?)|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,2})|([[\](){},:=])|(['"])/gy;

/**
 * Reads Python literals out of program text, without running it: numbers, texts, True, False, None, NaN, lists, tuples, dicts with
 * text or number keys, `np.array([…])` as its list, and names that were bound to such values before. Linear in what it reads.
 */
export class LiteralReader {
  private readonly text: string;
  private readonly names: ReadonlyMap<string, PythonValue>;
  private values = 0;
  /** where the next token starts */
  at: number;

  constructor(text: string, at: number, names: ReadonlyMap<string, PythonValue> = new Map()) {
    this.text = text;
    this.at = at;
    this.names = names;
  }

  value(depth = 0): PythonValue {
    if (depth > MAX_DEPTH || ++this.values > MAX_VALUES) throw new NotLiteralError("too large");
    const token = this.next();
    if (token.kind === "number") return Number(token.text.replaceAll("_", ""));
    if (token.kind === "text") return token.text;
    if (token.kind === "name") return this.named(token.text, depth);
    if (token.text === "[") return this.sequence("]", depth);
    if (token.text === "(") return this.parentheses(depth);
    if (token.text === "{") return this.dict(depth);
    throw new NotLiteralError(`no literal starts with ${token.text}`);
  }

  /** The sign that comes next is taken where it is this one. */
  take(sign: string): boolean {
    const before = this.at;
    const token = this.next();
    if (token.kind === "sign" && token.text === sign) return true;
    this.at = before;
    return false;
  }

  /** `columns=` before an argument, or null. */
  keyword(): string | null {
    const before = this.at;
    const token = this.next();
    if (token.kind === "name" && this.take("=")) return token.text;
    this.at = before;
    return null;
  }

  private named(name: string, depth: number): PythonValue {
    if (name === "None" || /^(?:np|numpy|math|pd|pandas)\.(?:nan|NaN|NA)$/.test(name)) return Number.NaN;
    if (name === "True" || name === "False") return name === "True";
    if (name === "float") {
      if (!this.take("(")) throw new NotLiteralError("float of what?");
      const inner = this.next();
      if (!this.take(")")) throw new NotLiteralError("an open bracket");
      if (inner.kind === "number") return Number(inner.text);
      if (inner.kind === "text" && /^nan$/i.test(inner.text)) return Number.NaN;
      throw new NotLiteralError("no float");
    }
    if (/^(?:np|numpy)\.array$/.test(name)) {
      if (!this.take("(")) throw new NotLiteralError("array of what?");
      const inner = this.value(depth + 1);
      if (!this.take(")") || !Array.isArray(inner)) throw new NotLiteralError("no array");
      return inner;
    }
    const bound = this.names.get(name);
    if (bound === undefined) throw new NotLiteralError(`${name} is not bound to a literal`);
    return bound;
  }

  private sequence(close: string, depth: number): PythonValue[] {
    const items: PythonValue[] = [];
    while (!this.take(close)) {
      items.push(this.value(depth + 1));
      if (!this.take(",")) {
        if (!this.take(close)) throw new NotLiteralError("expected a comma");
        break;
      }
    }
    return items;
  }

  /** `(1)` is 1, `(1,)` and `(1, 2)` are tuples. */
  private parentheses(depth: number): PythonValue {
    if (this.take(")")) return [];
    const first = this.value(depth + 1);
    if (this.take(")")) return first;
    if (!this.take(",")) throw new NotLiteralError("expected a comma");
    return [first, ...this.sequence(")", depth)];
  }

  private dict(depth: number): Map<string, PythonValue> {
    const entries = new Map<string, PythonValue>();
    while (!this.take("}")) {
      const key = this.value(depth + 1);
      if (typeof key !== "string" && typeof key !== "number") throw new NotLiteralError("no key");
      if (!this.take(":")) throw new NotLiteralError("expected a colon");
      entries.set(String(key), this.value(depth + 1));
      if (!this.take(",")) {
        if (!this.take("}")) throw new NotLiteralError("expected a comma");
        break;
      }
    }
    return entries;
  }

  private next(): { kind: "number" | "name" | "sign" | "text"; text: string } {
    for (;;) {
      TOKEN.lastIndex = this.at;
      const match = TOKEN.exec(this.text);
      if (match === null) throw new NotLiteralError("no token");
      this.at = TOKEN.lastIndex;
      const [, number, name, sign, quote] = match;
      if (number !== undefined) return { kind: "number", text: number };
      if (name !== undefined) return { kind: "name", text: name };
      if (sign !== undefined) return { kind: "sign", text: sign };
      if (quote !== undefined) return { kind: "text", text: this.quoted(quote) };
    }
  }

  private quoted(quote: string): string {
    let out = "";
    for (let i = this.at; i < this.text.length; i++) {
      const char = this.text[i]!;
      if (char === quote) {
        this.at = i + 1;
        return out;
      }
      if (char === "\n") break;
      if (char !== "\\") out += char;
      else out += ESCAPES[this.text[++i]!] ?? this.text[i] ?? "";
    }
    throw new NotLiteralError("an open text");
  }
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r" };
