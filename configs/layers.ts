import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { type Place, type Problem, UserError } from "../core/errors.ts";
import { rebase } from "./paths.ts";
import { readText } from "./text.ts";
import { child, keyPlace, type MapTree, merge, type Tree } from "./tree.ts";
import { parseYaml } from "./yaml.ts";

export interface Layers {
  /** the recipe on top of what it extends; null where a file could not be read at all */
  tree: MapTree | null;
  /** where its relative paths start, absolute */
  folder: string;
  /** every file that was read, the first one first */
  files: string[];
  problems: Problem[];
}

/** Reads a recipe and what it extends, one over the other. Problems of all files together. */
export async function readLayers(file: string): Promise<Layers> {
  const layers: Layers = { tree: null, folder: resolve(dirname(file)), files: [], problems: [] };
  const trees: { tree: MapTree; folder: string }[] = [];
  const chain: string[] = [];
  let next: { file: string; named?: Place } | null = { file };
  while (next !== null) {
    const here: { file: string; named?: Place } = next;
    next = null;
    layers.files.push(here.file);
    const tree = await readLayer(here, layers.problems);
    if (tree === null) return layers;
    chain.push(await realpath(here.file));
    const base = takeText(tree, "extends", layers.problems);
    const folder = takeText(tree, "folder", layers.problems);
    trees.push({ tree, folder: resolve(dirname(here.file), folder?.value ?? ".") });
    if (base !== null) {
      const path = isAbsolute(base.value) ? base.value : join(dirname(here.file), base.value);
      if (await inChain(path, chain)) {
        layers.problems.push(cycle(base.place, [...layers.files, path]));
        return layers;
      }
      next = { file: path, named: base.place };
    }
  }
  const [top, ...bases] = trees;
  layers.folder = top!.folder;
  for (const { tree, folder } of bases) rebase(tree, folder, layers.folder);
  layers.tree = trees.map(({ tree }) => tree).reduceRight((base, over) => merge(base, over) as MapTree);
  return layers;
}

async function readLayer({ file, named }: { file: string; named?: Place }, problems: Problem[]): Promise<MapTree | null> {
  let text: string;
  try {
    text = await readText(file, named);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problems.push(...error.problems);
    return null;
  }
  const parsed = parseYaml(text, (line, column) => ({ file, line, column }));
  problems.push(...parsed.problems);
  if (parsed.tree?.kind === "map") return parsed.tree;
  if (parsed.problems.length === 0) problems.push(notARecipe(parsed.tree, file));
  return null;
}

function notARecipe(tree: Tree | null, file: string): Problem {
  const cure = "A recipe is a section of `key: value` lines; configs/quickstart.yaml is one to start from.";
  if (tree === null) return { place: { file, line: 1, column: 1 }, message: "the recipe is empty", cure };
  return { place: tree.place, message: `expected \`key: value\` lines, got a ${tree.kind === "list" ? "list" : "single value"}`, cure };
}

/** Removes a key that is the loader's own and returns its text. */
function takeText(tree: MapTree, key: string, problems: Problem[]): { value: string; place: Place } | null {
  const node = child(tree, key);
  if (node === undefined) return null;
  const place = node.kind === "scalar" ? node.place : keyPlace(tree, [], key);
  tree.entries.delete(key);
  if (node.kind === "scalar" && typeof node.value === "string" && node.value !== "") return { value: node.value, place };
  problems.push({ place, field: key, message: "expected a path", cure: key === "extends" ? "Name one recipe file." : "Name one folder." });
  return null;
}

async function inChain(path: string, chain: string[]): Promise<boolean> {
  try {
    return chain.includes(await realpath(path));
  } catch (error) {
    // Not there: the next round says so, with the place that names it.
    if ((error as NodeJS.ErrnoException).code !== undefined) return false;
    throw error;
  }
}

function cycle(place: Place, files: string[]): Problem {
  const round = files.map((file) => relative(dirname(files[0]!), file) || basename(file)).join(" → ");
  return { place, field: "extends", message: `a recipe can't extend itself: ${round}`, cure: "Remove one of these." };
}
