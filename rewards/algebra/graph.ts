import { nearest } from "../../core/nearest.ts";
import type { RewardSpec } from "../options.ts";
import type { Condition } from "./schema.ts";

/** What the algebra reads of a recipe's entry. */
export type TermSpec = Pick<
  RewardSpec,
  "weight" | "log_only" | "outcome" | "when" | "scale" | "threshold" | "keep" | "times" | "gate" | "place" | "absent" | "part"
>;

/** An entry with its references resolved to indices of other entries. */
export interface Term {
  spec: TermSpec;
  name: string;
  /** of a part that is made of others: which, the first that applies counts; empty for a reward */
  sources: number[];
  times: number[];
  conditions: Condition[];
  /** all entries that it refers to */
  references: number[];
}

/** A recipe's entries, ready to be evaluated: each comes in `order` behind those that it refers to. */
export interface Composition {
  terms: Term[];
  order: number[];
}

/** A wrong reference: where in which entry it stands, and what is wrong with it. */
export interface ReferenceProblem {
  index: number;
  path: (string | number)[];
  message: string;
  cure: string;
}

export function conditionsOf({ when }: Pick<TermSpec, "when">): Condition[] {
  return when === undefined ? [] : Array.isArray(when) ? when : [when];
}

export function namesIn(names: string | string[] | undefined): string[] {
  return names === undefined ? [] : Array.isArray(names) ? names : [names];
}

/** A part counts that has a weight and is not only logged. */
export function counts({ weight, log_only }: Pick<TermSpec, "weight" | "log_only">): boolean {
  return !log_only && weight !== 0;
}

/** Every name that an entry refers to, with its place in the entry. */
function referencesOf(spec: Pick<TermSpec, "when" | "times" | "part">): { name: string; path: (string | number)[] }[] {
  const listed = (key: "times" | "part") =>
    namesIn(spec[key]).map((name, i) => ({ name, path: Array.isArray(spec[key]) ? [key, i] : [key] }));
  const conditions = conditionsOf(spec).flatMap(({ part }, i) =>
    part === undefined ? [] : [{ name: part, path: Array.isArray(spec.when) ? ["when", i, "part"] : ["when", "part"] }],
  );
  return [...listed("part"), ...listed("times"), ...conditions];
}

/**
 * What is wrong with the references of a recipe's entries: unknown names, with the nearest known one, and rings. A name that is not known
 * yet, because its file says it, is undefined; then any name may be right, and only rings are looked for.
 */
export function referenceProblems(
  specs: readonly Pick<TermSpec, "when" | "times" | "part">[],
  names: readonly (string | undefined)[],
): ReferenceProblem[] {
  const known = names.filter((name) => name !== undefined);
  const problems: ReferenceProblem[] = [];
  const open = known.length < names.length;
  for (const [index, spec] of specs.entries()) {
    for (const { name, path } of referencesOf(spec)) {
      if (open || known.includes(name)) continue;
      const near = nearest(
        name,
        known.filter((other) => other !== names[index]),
      );
      const cure = near === null ? `The parts of this list are ${known.join(", ")}.` : `Did you mean "${near}"?`;
      problems.push({ index, path, message: `no part is called "${name}"`, cure });
    }
  }
  const ring = ringOf(specs, names);
  if (ring !== null) {
    const [index, path, through] = ring;
    const cure = "A part can't depend on itself: remove one of these.";
    problems.push({ index, path, message: `goes round in a ring: ${through.join(" → ")}`, cure });
  }
  return problems;
}

type Ring = [index: number, path: (string | number)[], through: string[]];

/** A walk through the references that comes back to where it was, or null. */
function ringOf(specs: readonly Pick<TermSpec, "when" | "times" | "part">[], names: readonly (string | undefined)[]): Ring | null {
  const done = new Set<number>();
  const walk = (index: number, above: number[]): Ring | null => {
    if (done.has(index)) return null;
    for (const { name, path } of referencesOf(specs[index]!)) {
      const next = names.indexOf(name);
      if (next < 0) continue;
      const trail = [...above, index];
      if (trail.includes(next)) return [index, path, [...trail.slice(trail.indexOf(next)), next].map((i) => names[i]!)];
      const found = walk(next, trail);
      if (found !== null) return found;
    }
    done.add(index);
    return null;
  };
  for (const index of specs.keys()) {
    const found = walk(index, []);
    if (found !== null) return found;
  }
  return null;
}

/** Resolves the entries' references. They must be free of problems. */
export function composition(specs: readonly TermSpec[], names: readonly string[]): Composition {
  const indices = (list: string[]) => list.map((name) => names.indexOf(name));
  const terms = specs.map((spec, i): Term => {
    const sources = indices(namesIn(spec.part));
    const times = indices(namesIn(spec.times));
    const conditions = conditionsOf(spec);
    const asked = indices(conditions.flatMap(({ part }) => part ?? []));
    return { spec, name: names[i]!, sources, times, conditions, references: [...new Set([...sources, ...times, ...asked])] };
  });
  const order: number[] = [];
  const visit = (i: number): void => {
    if (order.includes(i)) return;
    for (const reference of terms[i]!.references) visit(reference);
    order.push(i);
  };
  for (const i of terms.keys()) visit(i);
  return { terms, order };
}
