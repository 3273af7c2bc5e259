import type { z } from "zod";
import type { Place, Problem } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { RecipeFile } from "./recipe.ts";
import { keysOf, schemaAt } from "./shape.ts";
import { at, keyPlace, placeOf, plain, type Tree } from "./tree.ts";
import { type Issue, UNWORDED, words } from "./wording.ts";

type Path = readonly PropertyKey[];

/** `stages.1.group_size`, as `--set` takes it. */
export function fieldText(path: Path): string {
  return path.map(String).join(".");
}

/** A problem with what stands at a path of the recipe. */
export function problemAt(tree: Tree, path: Path, message: string, cure?: string): Problem {
  return { place: placeOf(tree, path), field: fieldText(path), message, cure };
}

/** Checks a recipe or a part of it; what is wrong is worded by `schemaProblems`. */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.ZodSafeParseResult<z.infer<Schema>> {
  return schema.safeParse(value, { error: () => UNWORDED, reportInput: true });
}

/**
 * Zod's issues as problems with places. Where a key is misspelt, the complaint that the key which was meant is missing goes without
 * saying and is left out.
 */
export function schemaProblems(issues: readonly Issue[], tree: Tree): Problem[] {
  const meant = new Set<string>();
  const unknown = issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? unknownKeys(issue, tree, meant) : []));
  const others = issues.filter((issue) => issue.code !== "unrecognized_keys" && !follows(issue, tree, meant));
  return [
    ...unknown,
    ...others.map((issue) => {
      const node = at(tree, issue.path);
      const value = node && plain(node);
      const schema = schemaAt(RecipeFile, plain(tree), issue.path);
      return { place: placeOf(tree, issue.path), field: fieldText(issue.path), ...words(issue, value, schema, RecipeFile) };
    }),
  ];
}

function unknownKeys(issue: Issue & { code: "unrecognized_keys" }, tree: Tree, meant: Set<string>): Problem[] {
  const section = at(tree, issue.path);
  const value = section && plain(section);
  const known = keysOf(schemaAt(RecipeFile, plain(tree), issue.path), value);
  return issue.keys.map((key) => {
    const free = known.filter((name) => !Object.hasOwn(Object(value), name));
    const near = nearest(key, free) ?? nearest(key, known);
    if (near !== null) meant.add(fieldText([...issue.path, near]));
    return {
      place: keyPlace(tree, issue.path, key),
      field: fieldText([...issue.path, key]),
      message: "unknown key",
      cure: near === null ? `Known here: ${known.join(", ")}.` : `Did you mean ${near}?`,
    };
  });
}

/** Whether an issue is about something missing that a misspelt key was meant to be. */
function follows(issue: Issue, tree: Tree, meant: Set<string>): boolean {
  if (at(tree, issue.path) === undefined) return meant.has(fieldText(issue.path));
  const inside = `${fieldText(issue.path)}.`;
  return issue.code === "custom" && [...meant].some((field) => field.startsWith(inside) && !field.slice(inside.length).includes("."));
}

/** In the order of the files and their lines. */
export function inOrder(problems: Problem[], files: readonly string[]): Problem[] {
  const rank = ({ file }: Place) => (files.includes(file) ? files.indexOf(file) : files.length);
  const sorted = problems.map((problem, i) => ({ problem, i }));
  sorted.sort((a, b) => {
    const [p, q] = [a.problem.place, b.problem.place];
    return rank(p) - rank(q) || (p.line ?? 0) - (q.line ?? 0) || (p.column ?? 0) - (q.column ?? 0) || a.i - b.i;
  });
  return sorted.map(({ problem }) => problem);
}
