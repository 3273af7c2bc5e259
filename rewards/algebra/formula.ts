import { basename } from "node:path";
import { conditionsOf, counts, namesIn, type TermSpec } from "./graph.ts";
import type { Bound, Condition, Threshold } from "./schema.ts";

type Named = TermSpec & { name?: string | undefined; file?: string | undefined; as?: string | undefined };

/** A part's name as far as the recipe says it: a file without `as` is called by its file until it is loaded. */
export function shownName({ as, name, file, part }: Named): string {
  return as ?? name ?? (file === undefined ? namesIn(part).join(" or ") : basename(file).replace(/\.[^.]*$/, ""));
}

/**
 * A recipe's rewards as one formula, and below it, a line each, what stands behind its names where they are more than raw scores.
 *
 *   reward = acc * (1 + observations + reasoning) + format
 *     0 unless format > 0
 *     observations only where acc > 0.5
 *
 * `names` are those of loaded parts, where they are known.
 */
export function formula(specs: readonly Named[], names: readonly string[] = specs.map(shownName)): string {
  const counted = [...specs.keys()].filter((i) => counts(specs[i]!));
  const gates = specs.flatMap(({ gate }, i) => (gate === undefined ? [] : [gateText(gate, names[i]!)]));
  const logged = [...specs.keys()].filter((i) => isLogged(specs, names, i)).map((i) => names[i]!);
  return [
    `reward = ${sumText(counted.map((i) => ({ ...specs[i]!, label: names[i]! })))}`,
    ...gates,
    ...specs.flatMap((spec, i) => partTexts(spec, names[i]!)),
    ...(logged.length === 0 ? [] : [`only logged: ${logged.join(", ")}`]),
  ].join("\n  ");
}

/** Neither counted, nor a gate, nor referred to. */
function isLogged(specs: readonly Named[], names: readonly string[], i: number): boolean {
  const referred = specs.flatMap((spec) => [...namesIn(spec.part), ...namesIn(spec.times), ...conditionsOf(spec).map(({ part }) => part)]);
  return !counts(specs[i]!) && specs[i]!.gate === undefined && !referred.includes(names[i]!);
}

type Labelled = TermSpec & { label: string };

/** Terms of the same factors are put together where the first of them stands; a factor that is a term itself goes in as 1. */
function sumText(terms: Labelled[]): string {
  const factorsOf = ({ times }: TermSpec) => namesIn(times).join(" * ");
  const all = new Set(terms.map(factorsOf));
  const groups: { factors: string; inside: string[] }[] = [];
  for (const term of terms) {
    const isFactor = factorsOf(term) === "" && all.has(term.label);
    const factors = isFactor ? term.label : factorsOf(term);
    const text = isFactor ? String(term.weight) : weighted(term);
    const group = factors === "" ? undefined : groups.find((other) => other.factors === factors);
    if (group === undefined) groups.push({ factors, inside: [text] });
    else group.inside.push(text);
  }
  const texts = groups.map(({ factors, inside }) => {
    if (factors === "") return inside[0]!;
    return inside.length === 1 ? `${inside[0]} * ${factors}` : `${factors} * (${joined(inside)})`;
  });
  return texts.length === 0 ? "0" : joined(texts);
}

function weighted({ weight, label }: Labelled): string {
  return weight === 1 ? label : weight === -1 ? `-${label}` : `${weight} * ${label}`;
}

function joined(texts: string[]): string {
  return texts.join(" + ").replaceAll(" + -", " - ");
}

function gateText(gate: NonNullable<TermSpec["gate"]>, name: string): string {
  return gate === true ? `0 unless ${name} > 0` : `${gate.else} unless ${boundText(gate, name)}`;
}

function partTexts(spec: Named, name: string): string[] {
  const sources = namesIn(spec.part);
  const raw = sources.length > 1 ? `the first of ${sources.join(", ")} that applies` : (sources[0] ?? `score of ${name}`);
  const shape = shapeText(spec, raw);
  const conditions = conditionsOf(spec).map(conditionText);
  return [
    ...(shape === `score of ${name}` ? [] : [`${name} = ${shape}`]),
    ...(counts(spec) || spec.times === undefined ? [] : [`${name} is multiplied with ${namesIn(spec.times).join(" * ")}`]),
    ...(conditions.length === 0 ? [] : [`${name} only where ${conditions.join(" and ")}`]),
    ...(spec.absent === "redistribute" ? [`the others share the weight of ${name} where it does not apply`] : []),
  ];
}

function shapeText({ scale, threshold, keep }: TermSpec, raw: string): string {
  const line = scale && `${raw}, ${scale.from.join(" … ")} as ${scale.to.join(" … ")}`;
  const x = line ?? raw;
  if (threshold !== undefined) return `1 where ${boundText(threshold, line === undefined ? x : `(${x})`)}, else 0`;
  return keep === undefined ? x : `${x} where it is ${boundText(keep, "").trim()}, else 0`;
}

function boundText(bound: Threshold | Bound, name: string): string {
  const { at_least, above, at_most, below } = typeof bound === "number" ? { at_least: bound } : (bound as Bound);
  const limits = [
    ...(at_least === undefined ? [] : [`>= ${at_least}`]),
    ...(above === undefined ? [] : [`> ${above}`]),
    ...(at_most === undefined ? [] : [`<= ${at_most}`]),
    ...(below === undefined ? [] : [`< ${below}`]),
  ];
  return `${name} ${limits.join(" and ")}`;
}

function conditionText({ field, is, in: among, part, ...limits }: Condition): string {
  if (part !== undefined) return boundText(limits, part);
  return among === undefined ? `${field} is ${is}` : `${field} is ${among.join(" or ")}`;
}
