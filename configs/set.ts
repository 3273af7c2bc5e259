import type { Place, Problem } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { rebase } from "./paths.ts";
import { child, kept, type ListTree, type MapTree, plain, type Tree } from "./tree.ts";
import { parseYaml } from "./yaml.ts";

/** Thrown inside of one assignment only, and caught in `applySet`. */
class Refused extends Error {
  readonly cure: string;
  constructor(message: string, cure: string) {
    super(message);
    this.cure = cure;
  }
}

/**
 * `stages.rl.steps=4` or `stages.1.steps=4`, the value in YAML, over a recipe. Entries of lists go by number or by their own name. Paths
 * start at the working directory, as anywhere on a command line, and are rewritten to start at `folder`.
 */
export function applySet(tree: Tree, assignment: string, folder: string): { tree: Tree; problems: Problem[] } {
  const place: Place = { file: `--set ${assignment}` };
  const equals = assignment.indexOf("=");
  const path = assignment.slice(0, equals).trim();
  const keys = path.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
  if (equals < 0 || keys.includes("")) {
    const cure = "For example --set stages.rl.steps=4, or --set stages.1.steps=4.";
    return { tree, problems: [{ place, message: "expected a field, an equals sign and a value", cure }] };
  }
  const { tree: value, problems } = parseYaml(assignment.slice(equals + 1), () => place);
  if (problems.length > 0) return { tree, problems: problems.map((problem) => ({ ...problem, field: path })) };
  if (keys[0] === "extends" || keys[0] === "folder") {
    return { tree, problems: [{ place, field: path, message: "can't be set here", cure: "Write it in the recipe." }] };
  }
  try {
    const numbered = byNumber(tree, keys, []);
    const changed = assign(tree, numbered, value ?? { kind: "scalar", place, value: null }, place, []);
    // Only what was just set: the rest has its paths already.
    rebase(only(changed, numbered), process.cwd(), folder);
    return { tree: changed, problems: [] };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { tree, problems: [{ place, field: path, message: error.message, cure: error.cure }] };
  }
}

/** The same keys with the names of list entries as their numbers. */
function byNumber(tree: Tree | undefined, keys: string[], path: string[]): string[] {
  const [key, ...rest] = keys;
  if (key === undefined) return [];
  const own = tree?.kind === "list" ? `${entryOf(tree, key, path)}` : key;
  return [own, ...byNumber(tree && child(tree, own), rest, [...path, key])];
}

function assign(tree: Tree, keys: string[], value: Tree, place: Place, path: string[]): Tree {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (tree.kind === "list") {
    return { ...tree, items: tree.items.map((item, i) => (i === Number(key) ? assign(item, rest, value, place, [...path, key]) : item)) };
  }
  if (tree.kind === "scalar" && tree.value !== null) {
    throw new Refused(`${path.join(".")} is a single value`, `There is no ${key} in it.`);
  }
  const section: MapTree = tree.kind === "map" ? tree : { kind: "map", place, entries: new Map() };
  const below = child(section, key) ?? { kind: "scalar", place, value: null };
  const entry = { key: section.entries.get(key)?.key ?? place, value: assign(below, rest, value, place, [...path, key]) };
  const entries = kept(section, new Map([[key, entry]]), path);
  return { ...section, entries: entries.set(key, entry) };
}

function entryOf(list: ListTree, key: string, path: string[]): number {
  const where = path.join(".");
  const names = list.items.map((item) => {
    const name = child(item, "name");
    return name === undefined ? null : String(plain(name));
  });
  const index = /^\d+$/.test(key) ? Number(key) : names.indexOf(key);
  if (index >= 0 && index < list.items.length) return index;
  const known = names.filter((name) => name !== null);
  const near = /^\d+$/.test(key) ? null : nearest(key, known);
  const range =
    list.items.length === 0 ? "it is empty" : `it has 0 to ${list.items.length - 1}${known.length > 0 ? `: ${known.join(", ")}` : ""}`;
  throw new Refused(`${where} has no entry ${key}`, near === null ? `As written, ${range}.` : `Did you mean ${near}?`);
}

/** A view of the tree along one path, with nothing else in it. */
function only(tree: Tree, keys: string[]): Tree {
  const [key, ...rest] = keys;
  if (key === undefined || tree.kind === "scalar") return tree;
  if (tree.kind === "list") return { ...tree, items: [only(tree.items[Number(key)]!, rest)] };
  const entry = tree.entries.get(key);
  return { ...tree, entries: new Map(entry === undefined ? [] : [[key, { key: entry.key, value: only(entry.value, rest) }]]) };
}
