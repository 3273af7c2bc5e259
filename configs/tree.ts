import type { Place } from "../core/errors.ts";
import { ALTERNATIVES, NAMED_SECTIONS } from "./recipe.ts";

/** A value of a recipe that still knows where it was written. */
export type Tree = MapTree | ListTree | ScalarTree;
export interface MapTree {
  kind: "map";
  place: Place;
  entries: Map<string, { key: Place; value: Tree }>;
}
export interface ListTree {
  kind: "list";
  place: Place;
  items: Tree[];
}
export interface ScalarTree {
  kind: "scalar";
  place: Place;
  value: unknown;
}

/** The value alone. */
export function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]));
}

export function child(tree: Tree, key: PropertyKey): Tree | undefined {
  if (tree.kind === "map") return tree.entries.get(String(key))?.value;
  return tree.kind === "list" ? tree.items[Number(key)] : undefined;
}

/** The value at a path, or undefined where there is none. */
export function at(tree: Tree, path: readonly PropertyKey[]): Tree | undefined {
  return path.reduce<Tree | undefined>((node, key) => node && child(node, key), tree);
}

/** Where the value at a path was written; for one that is not there, where the nearest section around it begins. */
export function placeOf(tree: Tree, path: readonly PropertyKey[]): Place {
  let node = tree;
  for (const key of path) {
    const next = child(node, key);
    if (next === undefined) break;
    node = next;
  }
  return node.place;
}

/** Where a key was written. */
export function keyPlace(tree: Tree, path: readonly PropertyKey[], key: string): Place {
  const section = at(tree, path);
  return (section?.kind === "map" ? section.entries.get(key)?.key : undefined) ?? placeOf(tree, path);
}

/** `over` on top of `base`: sections key by key, anything else replaced. */
export function merge(base: Tree, over: Tree, path: string[] = []): Tree {
  if (base.kind !== "map" || over.kind !== "map") return over;
  const entries = kept(base, over.entries, path);
  for (const [key, { key: place, value }] of over.entries) {
    const below = entries.get(key)?.value;
    entries.set(key, { key: place, value: below === undefined ? value : merge(below, value, [...path, key]) });
  }
  return { kind: "map", place: over.place, entries };
}

/** What stays of a section when some of its keys are written over: options of another name, and alternatives of a new key, do not. */
export function kept(section: MapTree, over: MapTree["entries"], path: string[]): MapTree["entries"] {
  const name = over.get("name")?.value;
  const old = section.entries.get("name")?.value;
  const renamed = name !== undefined && old !== undefined && plain(name) !== plain(old);
  if (renamed && NAMED_SECTIONS.includes(path.join("."))) return new Map();
  const entries = new Map(section.entries);
  const pair = ALTERNATIVES.get(String(path.length < 2 ? path[0] : path.at(-2)));
  if (pair?.some((key) => over.has(key))) for (const key of pair) entries.delete(key);
  return entries;
}
