import { stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Problem } from "../core/errors.ts";
import { missingFileCure } from "../datasets/missing.ts";
import { fieldText } from "./problems.ts";
import { PATH_FIELDS } from "./recipe.ts";
import { child, type Tree } from "./tree.ts";

/** A field that holds a path, as it is written. */
interface PathField {
  path: PropertyKey[];
  node: Tree & { kind: "scalar"; value: string };
}

function pathFields(tree: Tree): PathField[] {
  return PATH_FIELDS.flatMap((pattern) => matches(tree, pattern.split("."), []));
}

function matches(node: Tree, pattern: string[], path: PropertyKey[]): PathField[] {
  const [key, ...rest] = pattern;
  if (key === undefined) return node.kind === "scalar" && isText(node) && node.value !== "" ? [{ path, node }] : [];
  if (key === "*") return all(node).flatMap(([name, below]) => matches(below, rest, [...path, name]));
  const below = child(node, key);
  return below === undefined ? [] : matches(below, rest, [...path, key]);
}

function all(node: Tree): [PropertyKey, Tree][] {
  if (node.kind === "list") return [...node.items.entries()];
  return node.kind === "map" ? [...node.entries].map(([name, { value }]) => [name, value]) : [];
}

function isText(node: Tree & { kind: "scalar" }): node is PathField["node"] {
  return typeof node.value === "string";
}

/** Paths that start at the folder `from`, written so that they start at `to`. Absolute ones stay. Changes the tree. */
export function rebase(tree: Tree, from: string, to: string): void {
  if (resolve(from) === resolve(to)) return;
  for (const { node } of pathFields(tree)) {
    const target = resolve(from, node.value);
    if (target !== node.value) node.value = relative(to, target) || ".";
  }
}

/** A problem for every named file or folder that is not there, and for a model folder without a config.json. */
export async function pathProblems(tree: Tree, folder: string): Promise<Problem[]> {
  // a cache is there once something is in it
  const wanted = pathFields(tree).filter(({ path }) => !(path[0] === "judges" && path.at(-1) === "cache"));
  const found = await Promise.all(wanted.map((field) => pathProblem(field, folder)));
  return found.filter((problem) => problem !== null);
}

async function pathProblem({ path, node }: PathField, folder: string): Promise<Problem | null> {
  const field = fieldText(path);
  const target = resolve(folder, node.value);
  const refuse = (message: string, cure: string) => ({ place: node.place, field, message, cure });
  if (!(await isThere(target))) return refuse(`there is no ${target}`, await missingFileCure(target));
  const wanted = MODEL_FILES[field];
  if (wanted !== undefined && !(await Promise.all(wanted.map((name) => isThere(join(target, name))))).includes(true)) {
    return refuse(`${target} has no ${wanted.join(" and no ")}`, FOLDER_CURES[field]!);
  }
  return null;
}

/** A folder that a field names holds one of these. */
const MODEL_FILES: Record<string, string[]> = {
  "model.path": ["config.json", "adapter_config.json"],
  "model.lora.path": ["adapter_config.json"],
};
const FOLDER_CURES: Record<string, string> = {
  "model.path": "Name a folder with config.json, safetensors weights and tokenizer files, or one that PEFT wrote.",
  "model.lora.path": "Name a folder that PEFT or a run with model.lora wrote.",
};

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}
