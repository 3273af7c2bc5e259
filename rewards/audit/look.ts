import type { Example, Scorer } from "../../core/types.ts";
import { counts } from "../algebra/graph.ts";
import { rewards } from "../index.ts";
import type { RewardSpec } from "../options.ts";
import { plainNumber } from "../parse.ts";
import { readsTarget } from "../workbench/facts.ts";
import { isZero } from "./policies.ts";

/**
 * The rows' fields that hold targets, those of counted parts first; what an audit takes for a right answer. Where no part of ours reads one, what
 * rows usually have.
 */
export function targetFields(scorer: Scorer, specs: readonly RewardSpec[], rows: readonly Example[]): string[] {
  const names = [...scorer.counted, ...scorer.names];
  const found = names.flatMap((name) => {
    const spec = specs[scorer.names.indexOf(name)];
    const field = scorer.targets?.[name];
    return field === undefined || (spec !== undefined && isForm(spec)) ? [] : [field];
  });
  const there = (field: string) => rows.some(({ fields }) => fields[field] !== undefined && fields[field] !== null);
  const known = [...new Set(found)].filter(there);
  return known.length > 0 ? known : ["answer", "target", "solution"].filter(there).concat("answer").slice(0, 1);
}

/** Names of the counted parts that look at form alone, length and manner among it: what they pay, everybody may have. */
export function formParts(scorer: Scorer, specs: readonly RewardSpec[]): string[] {
  return scorer.names.filter((name, i) => scorer.counted.includes(name) && isForm(specs[i]!));
}

function isForm({ name }: RewardSpec): boolean {
  return name !== undefined && rewards.has(name) && !readsTarget(rewards.get(name));
}

/** Whether nothing that decides the reward reads a target: then it pays for form alone, and is meant to. A file of one's own is not known to. */
export function knowsForm(specs: readonly RewardSpec[]): boolean {
  const deciding = specs.filter((spec) => spec.part === undefined && (counts(spec) || spec.gate !== undefined));
  return deciding.length > 0 && deciding.every(isForm);
}

/**
 * A row whose right answer is 0, made of one whose answer is a number, where there is none: a blank that is read as 0 shows there alone. Null
 * where the rewards would not take it. `source` is the row that it was made of, and still shares all else with.
 */
export async function zeroRow(
  scorer: Scorer,
  rows: readonly Example[],
  field: string,
): Promise<{ example: Example; source: Example } | null> {
  if (rows.some(({ fields }) => isZero(fields[field]))) return null;
  const source = rows.find(
    ({ fields }) => ["number", "string"].includes(typeof fields[field]) && plainNumber(String(fields[field])) !== null,
  );
  if (source === undefined) return null;
  const zero = typeof source.fields[field] === "number" ? 0 : "0";
  const example = { id: `${source.id}, its ${field} made 0`, fields: { ...source.fields, [field]: zero } };
  return (await scorer.check(example)).length === 0 ? { example, source } : null;
}
