import { type Problem, RecipeError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { AdapterConfig } from "./config.ts";
import { fullMatch, layerMatch } from "./pattern.ts";

/**
 * Which of a model's linear modules an adapter is applied to, by PEFT's rules: a name of a list fits a module of that name and every one
 * whose path ends in it behind a dot, a text is a regular expression for whole paths, "all-linear" is every module but the output head.
 */

/** Whether an adapter with this config has the module among its targets. The output head is told apart by the caller. */
export function isTarget(module: string, config: AdapterConfig): boolean {
  return !excluded(module, config.exclude) && targeted(module, config);
}

function excluded(module: string, exclude: AdapterConfig["exclude"]): boolean {
  if (exclude === null) return false;
  return typeof exclude === "string" ? fullMatch(exclude).test(module) : exclude.some((name) => endsIn(module, name));
}

function targeted(module: string, { targets, layers, layersPattern }: AdapterConfig): boolean {
  if (isAllLinear(targets)) return true;
  if (typeof targets === "string") return fullMatch(targets).test(module);
  // A whole path holds whatever the layers say: so does PEFT.
  if (targets.includes(module)) return true;
  if (!targets.some((name) => endsIn(module, name))) return false;
  if (layers === null || layers.length === 0) return true;
  const layer = layerOf(module, layersPattern);
  return layer !== null && layers.includes(layer);
}

export function isAllLinear(targets: AdapterConfig["targets"]): boolean {
  return typeof targets === "string" && targets.toLowerCase() === "all-linear";
}

function endsIn(module: string, name: string): boolean {
  return module === name || module.endsWith(`.${name}`);
}

/** The first number in the path that stands behind one of the patterns, or behind any two names. */
function layerOf(module: string, patterns: readonly string[]): number | null {
  const expressions = patterns.length === 0 ? [/^.*?\.[^.]*\.(?<layer>\d+)\./] : patterns.map(layerMatch);
  for (const expression of expressions) {
    const layer = expression.exec(module)?.groups?.layer;
    if (layer !== undefined) return Number(layer);
  }
  return null;
}

export interface TargetOptions {
  /** the module that gives the logits, which "all-linear" leaves out */
  head?: string;
  /** for messages: where the config stands */
  file?: string;
}

/**
 * The targets among `modules`, the paths of a model's linear modules, in their order.
 * Throws RecipeError, all problems at once, where a target or an exclusion fits no module or where nothing is left.
 */
export function targetsOf(
  modules: readonly string[],
  config: AdapterConfig,
  { head = "lm_head", file = "lora" }: TargetOptions = {},
): string[] {
  const problems: Problem[] = [];
  const check = (field: string, given: string[] | string | null) => {
    const expression = typeof given === "string";
    const fits = (module: string, name: string) => (expression ? fullMatch(name).test(module) : endsIn(module, name));
    for (const name of expression ? [given] : (given ?? [])) {
      if (!modules.some((module) => fits(module, name))) problems.push(unmatched(name, field, modules, file, expression));
    }
  };
  if (!isAllLinear(config.targets)) check("target_modules", config.targets);
  check("exclude_modules", config.exclude);
  const found = modules.filter((module) => isTarget(module, config) && !(isAllLinear(config.targets) && endsIn(module, head)));
  if (problems.length === 0 && found.length === 0) {
    problems.push({
      place: { file },
      field: "target_modules",
      message: "no module is left to adapt",
      cure: "exclude_modules or layers_to_transform take away every module that target_modules fits.",
    });
  }
  if (problems.length > 0) throw new RecipeError(problems);
  return found;
}

function unmatched(name: string, field: string, modules: readonly string[], file: string, expression: boolean): Problem {
  const message = `${expression ? "the regular expression " : ""}"${name}" fits none of the model's ${modules.length} linear modules`;
  const near = nearest(name, endings(modules, name.split(".").length));
  const known = [...new Set(endings(modules, 1))].join(", ");
  const cure =
    near !== null
      ? `Did you mean ${near}?`
      : expression
        ? `It has to fit a whole path, for example ${modules[0]}.`
        : `A name fits a path that ends in it; theirs end in ${known}. To fit other parts of a path give one regular expression.`;
  return { place: { file }, field, message, cure };
}

/** The last `parts` parts of every path. */
function endings(modules: readonly string[], parts: number): string[] {
  return modules.map((module) => module.split(".").slice(-parts).join("."));
}
