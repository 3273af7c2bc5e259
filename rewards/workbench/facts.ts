import { z } from "zod";
import type { AnyReward, Need, Scope } from "../define.ts";
import { rewards } from "../index.ts";
import { judged } from "../judged/index.ts";
import { perception } from "../perception/index.ts";
import { shaping } from "../shaping/index.ts";
import { stepLevel } from "../step-level/index.ts";
import { verifiable } from "../verifiable/index.ts";
import { firstSentence, readSources, sourceOf } from "./source.ts";

export type Family = "core" | "verifiable" | "perception" | "shaping" | "step-level" | "judged";

/** What a reward of ours says of itself. */
export interface RewardFacts {
  name: string;
  family: Family;
  /** the row's field that holds the target; null where the reward reads no target */
  field: string | null;
  scope: Scope;
  range: readonly [low: number, high: number] | null;
  version: number;
  needs: Need[];
  /** it runs in a thread with a time limit, as users' files do */
  isolate: boolean;
  /** the first sentence of its comment, and the whole */
  line: string;
  comment: string;
  /** the paper or trainer whose definition it is */
  source: string | null;
  /** in the repository */
  file: string;
}

/** A value that a schema takes, as a line of text. */
export interface SchemaLine {
  name: string;
  type: string;
  /** as JSON; undefined where it must be given */
  fallback?: string;
  required: boolean;
  description?: string;
}

const FAMILIES: [Family, readonly AnyReward[]][] = [
  ["verifiable", verifiable as AnyReward[]],
  ["perception", perception],
  ["shaping", shaping],
  ["step-level", stepLevel],
  ["judged", judged],
];

/** Facts of all rewards, in the order of the table; `words` keep those of which each word stands in the name, the family or the line. */
export async function allFacts(words: readonly string[] = []): Promise<RewardFacts[]> {
  const sources = await readSources();
  const facts = rewards.entries.map((reward): RewardFacts => {
    const { file = "", comment = "" } = sources.get(reward.name) ?? {};
    return {
      name: reward.name,
      family: FAMILIES.find(([, members]) => members.includes(reward))?.[0] ?? "core",
      field: readsTarget(reward) ? reward.field : null,
      scope: reward.scope ?? "completion",
      range: reward.range ?? null,
      version: reward.version ?? 1,
      needs: [...(reward.needs ?? [])],
      isolate: reward.isolate ?? false,
      line: firstSentence(comment),
      comment,
      source: sourceOf(comment),
      file,
    };
  });
  return facts.filter((one) => words.every((word) => `${one.name} ${one.family} ${one.line}`.toLowerCase().includes(word.toLowerCase())));
}

/** A reward whose target may be anything looks at none: it knows form, length or manner. What asks a judge shows the target to it. */
export function readsTarget({ target, needs }: Pick<AnyReward, "target" | "needs">): boolean {
  return !(target instanceof z.ZodUnknown) || needs?.includes("judges") === true;
}

/** What a range is called; "any" where the options decide, or nothing does. */
export function rangeText(range: RewardFacts["range"]): string {
  return range === null ? "any" : `${range[0]} to ${range[1]}`;
}

/** The target's schema as a text such as `[number, number, number, number]`. */
export function targetText({ target }: Pick<AnyReward, "target">): string {
  return typeText(jsonSchema(target));
}

/** The options' schema, a line an option; empty where there are none. */
export function optionLines({ options }: Pick<AnyReward, "options">): SchemaLine[] {
  if (options === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(options);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    type: typeText(schema),
    required: required.includes(name),
    ...(schema.default === undefined ? {} : { fallback: JSON.stringify(schema.default) }),
    ...(schema.description === undefined ? {} : { description: schema.description }),
  }));
}

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  prefixItems?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  required?: string[];
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  pattern?: string;
}

function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any", cycles: "ref", reused: "inline" }) as JsonSchema;
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return [...new Set(options.map(typeText))].join(" | ");
  if (schema.allOf !== undefined) return schema.allOf.map(typeText).join(" & ");
  switch (schema.type) {
    case "array":
      if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(typeText).join(", ")}]`;
      return `list of ${grouped(typeText(schema.items ?? {}))}`;
    case "object":
      return objectText(schema);
    case "integer":
    case "number":
      return `${schema.type === "integer" ? "whole number" : "number"}${boundsText(schema)}`;
    case "string":
      return schema.pattern === undefined ? "text" : `text /${schema.pattern}/`;
    default:
      return schema.type ?? "anything";
  }
}

function objectText({ properties, additionalProperties, required = [] }: JsonSchema): string {
  if (properties === undefined) return typeof additionalProperties === "object" ? `{ name: ${typeText(additionalProperties)} }` : "object";
  return `{ ${Object.entries(properties)
    .map(([name, schema]) => `${name}${required.includes(name) ? "" : "?"}: ${typeText(schema)}`)
    .join(", ")} }`;
}

/** Bounds that somebody wrote; those of safe integers are everybody's. */
function boundsText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const limits = [
    minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? null : `>= ${minimum}`,
    exclusiveMinimum === undefined ? null : `> ${exclusiveMinimum}`,
    maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? null : `<= ${maximum}`,
    exclusiveMaximum === undefined ? null : `< ${exclusiveMaximum}`,
  ].filter((limit) => limit !== null);
  return limits.length === 0 ? "" : ` ${limits.join(", ")}`;
}

function grouped(text: string): string {
  return text.includes(" | ") ? `(${text})` : text;
}
