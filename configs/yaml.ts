import { type Document, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, visit } from "yaml";
import type { Place, Problem } from "../core/errors.ts";
import type { MapTree, Tree } from "./tree.ts";

/** Aliases that a file may use, those inside of aliased parts counted every time: ten lines of nested ones stand for a billion values. */
const MAX_ALIASES = 100;
/** Brackets, or list dashes on one line, inside of each other. The parser calls itself for each. */
const MAX_NESTING = 64;

export interface ParsedYaml {
  /** what was written; null for an empty text, or where faults make it unsure */
  tree: Tree | null;
  problems: Problem[];
}

/** One YAML document as a tree of places. `place` turns line and column, from 1, into where the reader finds it. */
export function parseYaml(text: string, place: (line: number, column: number) => Place): ParsedYaml {
  const deep = tooDeep(text);
  if (deep !== null) {
    const message = `nested more than ${MAX_NESTING} deep`;
    return {
      tree: null,
      problems: [{ place: placeAt(text, deep, place), message, cure: "No recipe needs that; look for a stray bracket." }],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const where = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return place(Math.max(line, 1), Math.max(col, 1));
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const problems = faults.map(({ code, message, pos }) => ({
      place: where(openQuote(document, code, pos[0])),
      ...faultText(code, message, text.slice(...pos)),
    }));
    return { tree: null, problems };
  }
  const problems: Problem[] = [];
  return { tree: toTree(document, where, problems), problems };
}

/** A quote that is never closed is noticed at the end of the file; the reader looks for where it opens. */
function openQuote(document: Document.Parsed, code: string, offset: number): number {
  let start = offset;
  if (code === "MISSING_CHAR") {
    visit(document, {
      Scalar(_, { type, range }) {
        if (type?.startsWith("QUOTE_") && range?.[1] === offset) start = range[0];
      },
    });
  }
  return start;
}

function faultText(code: string, message: string, source: string): Pick<Problem, "message" | "cure"> {
  switch (code) {
    case "TAG_RESOLVE_FAILED":
      return { message: `tags such as ${source.slice(0, 40)} are not for recipes`, cure: "Write the plain value." };
    case "MULTIPLE_DOCS":
      return { message: "a second document begins", cure: "A recipe is one document: remove the `---`, or make it another file." };
    case "TAB_AS_INDENT":
      return { message: "a tab as indentation", cure: "YAML is indented with spaces." };
    default:
      // The parser quotes what it stumbles over, however long that is.
      return {
        message: `not valid YAML: ${message.slice(0, 160)}`,
        cure: "Look at the indentation, quotes and brackets on this line and the one above.",
      };
  }
}

/** Offset of the bracket or dash that goes too deep, or null. */
function tooDeep(text: string): number | null {
  let offset = 0;
  let brackets = 0;
  let dashes = 0;
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    // Marks of the lexer, which are not in the text: start of a document, of flow, of a scalar.
    if (token === "\u0002" || token === "\u0018" || token === "\u001f") {
      scalar = token === "\u001f";
      continue;
    }
    if (!scalar) {
      if (token === "[" || token === "{") brackets++;
      else if (token === "]" || token === "}") brackets--;
      else if (token === "-" || token === "?" || token === ":") dashes = brackets > 0 ? 0 : dashes + 1;
      else if (token.includes("\n")) dashes = 0;
    }
    if (brackets > MAX_NESTING || dashes > MAX_NESTING) return offset;
    offset += token.length;
    scalar = false;
  }
  return null;
}

function placeAt(text: string, offset: number, place: (line: number, column: number) => Place): Place {
  const before = text.slice(0, offset).split("\n");
  return place(before.length, before.at(-1)!.length + 1);
}

function toTree(document: Document.Parsed, where: (offset: number) => Place, problems: Problem[]): Tree | null {
  let aliases = 0;
  const convert = (node: unknown, outer: Place): Tree => {
    if (isAlias(node)) {
      const place = where(node.range![0]);
      const target = node.resolve(document);
      if (target === undefined) {
        problems.push({ place, message: `no value is marked &${node.source}`, cure: "An alias comes after the value that it repeats." });
        return { kind: "scalar", place, value: null };
      }
      aliases++;
      if (aliases > MAX_ALIASES) {
        const cure = "Aliases of values that hold aliases multiply; write the values out, or use `extends`.";
        if (aliases === MAX_ALIASES + 1) problems.push({ place, message: `more than ${MAX_ALIASES} aliases`, cure });
        return { kind: "scalar", place, value: null };
      }
      return convert(target, place);
    }
    if (isSeq(node)) {
      const place = where(node.range![0]);
      return { kind: "list", place, items: node.items.map((item) => convert(item, place)) };
    }
    if (isMap(node)) {
      const place = where(node.range![0]);
      const entries: MapTree["entries"] = new Map();
      for (const { key, value } of node.items) {
        const at = isScalar(key) && key.range ? where(key.range[0]) : place;
        if (!isScalar(key) || key.value === null || typeof key.value === "object") {
          problems.push({ place: at, message: "a key that is not a word", cure: "Write `key: value`." });
          continue;
        }
        const first = entries.get(String(key.value));
        if (first !== undefined) {
          const cure = `It is on line ${first.key.line ?? 1} already: remove one of the two.`;
          problems.push({ place: at, field: String(key.value), message: "this key is there twice", cure });
        }
        entries.set(String(key.value), { key: at, value: convert(value, at) });
      }
      return { kind: "map", place, entries };
    }
    if (isScalar(node)) {
      // Nothing after the colon: the key is what the reader looks for.
      const place = node.source === "" && node.range ? outer : where(node.range![0]);
      return { kind: "scalar", place, value: node.value };
    }
    return { kind: "scalar", place: outer, value: null };
  };
  if (document.contents === null) return null;
  const start = where(document.contents.range[0]);
  const tree = convert(document.contents, start);
  return tree.kind === "scalar" && tree.value === null ? null : tree;
}
