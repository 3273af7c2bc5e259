import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Problem, RecipeError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { PreparedReward } from "../ask.ts";
import type { AnyReward, Need, Scope } from "../define.ts";
import { blame, shownPath } from "./blame.ts";
import type { RewardFile } from "./protocol.ts";

const EXAMPLE = 'Write `export default defineReward({ name, target, field, score })`; `import { defineReward, z } from "vlrl"`.';

const SCOPES: readonly unknown[] = ["completion", "turn", "group"] satisfies Scope[];
const COMBINES: readonly unknown[] = ["mean", "sum"];
const NEEDS: readonly unknown[] = ["pictures", "tokenIds", "logprobs"] satisfies Need[];

/**
 * Import a reward file, whatever it is written in, and find its reward; or take one of ours. Runs the file's code: call it in a thread that can be
 * ended. Throws RecipeError with the place in the file and the cure.
 */
export async function loadReward(file: RewardFile): Promise<PreparedReward> {
  const definition = file.own ? (await import("../index.ts")).rewards.get(file.path) : chooseReward(await importFile(file.path), file);
  return { definition, field: file.target ?? definition.field, options: checkOptions(definition, file) };
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  const { createJiti } = await import("jiti");
  const self = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../../index.ts" : "../../index.js", import.meta.url));
  // The file may lie anywhere, also where no node_modules holds this package.
  const jiti = createJiti(import.meta.url, { fsCache: false, interopDefault: false, alias: { vlrl: self } });
  try {
    return await jiti.import<Record<string, unknown>>(path);
  } catch (thrown) {
    throw new RecipeError(await importProblem(thrown, path));
  }
}

async function importProblem(thrown: unknown, path: string): Promise<Problem> {
  const { message, place } = blame(thrown, path);
  const missing = /Cannot find (?:module|package) '([^'\n]+)'/.exec(message)?.[1];
  if (missing === undefined) return { place, message, cure: "The file must load before a run can start." };
  const cure = importCure(missing);
  const line = (await readFile(path, "utf8")).split("\n").findIndex((text) => text.includes(missing));
  return { place: line < 0 ? place : { file: shownPath(path), line: line + 1 }, message, cure };
}

function importCure(missing: string): string {
  if (missing === "zod") return 'Write `import { z } from "vlrl"`, or install zod beside the file.';
  return /^[./]/.test(missing) ? "There is no such file: correct the import." : "Install it beside the file, or correct the import.";
}

function chooseReward(exported: Record<string, unknown>, file: RewardFile): AnyReward {
  const names = Object.keys(exported).filter((name) => name !== "default");
  const refuse = (message: string, cure: string) => new RecipeError({ place: { file: shownPath(file.path) }, message, cure });
  const chosen = file.export ?? onlyReward(exported, names);
  if (chosen === null) {
    const among = names.filter((name) => faults(exported[name]).length === 0);
    if (among.length === 0) throw refuse("exports no reward", EXAMPLE);
    throw refuse(`exports ${among.length} rewards and none by default`, `Say which in the recipe, for example \`export: ${among[0]}\`.`);
  }
  if (!Object.hasOwn(exported, chosen)) {
    const near = nearest(chosen, names);
    throw refuse(
      `has no export "${chosen}"`,
      near === null ? `It exports ${Object.keys(exported).join(", ") || "nothing"}.` : `Did you mean "${near}"?`,
    );
  }
  const wrong = faults(exported[chosen]);
  if (wrong.length > 0) throw refuse(`the export "${chosen}" is not a reward: ${wrong.join("; ")}`, EXAMPLE);
  return exported[chosen] as AnyReward;
}

/** The default export, or else the only export that is a reward. */
function onlyReward(exported: Record<string, unknown>, names: string[]): string | null {
  if (Object.hasOwn(exported, "default")) return "default";
  const found = names.filter((name) => faults(exported[name]).length === 0);
  return found.length === 1 ? found[0]! : null;
}

/** What keeps a value from being a reward. The file is not compiled against our types, so its shape is looked at. */
function faults(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [`expected an object, got ${value === null ? "null" : typeof value}`];
  const { name, field, target, options, score, scope, combine, range, version, needs, reads } = value as Record<string, unknown>;
  const found: string[] = [];
  if (typeof name !== "string" || name.trim() === "") found.push("`name` must be a text");
  if (typeof field !== "string") found.push("`field` must name the example field that holds the target");
  if (!isSchema(target)) found.push("`target` must be a zod schema");
  if (options !== undefined && !isSchema(options)) found.push("`options` must be a zod schema");
  if (typeof score !== "function") found.push("`score` must be a function");
  if (scope !== undefined && !SCOPES.includes(scope)) found.push("`scope` must be completion, turn or group");
  if (combine !== undefined && (scope !== "turn" || !COMBINES.includes(combine))) {
    found.push("`combine` must be mean or sum, and goes with the scope turn");
  }
  if (range !== undefined && !isRange(range)) found.push("`range` must be two numbers, the lower one first");
  if (version !== undefined && !(Number.isInteger(version) && (version as number) > 0)) found.push("`version` must be 1 or more");
  if (needs !== undefined && !(Array.isArray(needs) && needs.every((need) => NEEDS.includes(need)))) {
    found.push(`\`needs\` must be a list of ${NEEDS.join(", ")}`);
  }
  if (reads !== undefined && reads !== "policy" && reads !== "all") found.push("`reads` must be policy or all");
  return found;
}

function isRange(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [low, high] = value as unknown[];
  return typeof low === "number" && typeof high === "number" && low < high;
}

function isSchema(value: unknown): boolean {
  return typeof value === "object" && value !== null && "safeParseAsync" in value && typeof value.safeParseAsync === "function";
}

function checkOptions({ name, options: schema }: AnyReward, { path, options }: RewardFile): unknown {
  const refuse = (message: string, cure: string) => new RecipeError({ place: { file: shownPath(path) }, field: "options", message, cure });
  if (schema === undefined) {
    if (options !== undefined) throw refuse(`reward "${name}" takes no options`, "Leave them out, or give the reward an `options` schema.");
    return {};
  }
  const { data, error } = schema.safeParse(options ?? {});
  if (error === undefined) return data;
  const messages = error.issues.map(({ path: keys, message }) => [keys.map(String).join("."), message].filter(Boolean).join(": "));
  throw refuse(messages.join("; "), "Correct `options` in the recipe.");
}
