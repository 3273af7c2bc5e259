import type { ValidateFunction } from "ajv";
import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { parseJson } from "../text/json-text.ts";
import { linearRegex } from "../text/linear-regex.ts";

const Schema = z.record(z.string(), z.json());

/**
 * Whether the answer is JSON that a JSON Schema (draft 7) allows: that of the option `schema`, or else of the row.
 *
 * Returns 1 or 0; 0 for what is no JSON. The answer may stand in a ``` block. Patterns in the schema run in linear time. A schema that is
 * none is an error, as is a row without one where the recipe has none either.
 * Source: json-schema.org, through the package ajv.
 */
export const jsonSchema = defineReward({
  name: "json_schema",
  target: Schema.nullish(),
  field: "schema",
  options: z.strictObject({ extract: extractOption(), schema: Schema.optional().describe("for all rows") }),
  range: [0, 1],
  examples: [
    { completion: '<answer>{"a": 1}</answer>', target: { type: "object", required: ["a"] }, score: 1 },
    { completion: '<answer>{"b": 1}</answer>', target: { type: "object", required: ["a"] }, score: 0 },
  ],
  async score({ completion, target, options }) {
    const schema = options.schema ?? target;
    if (schema === undefined || schema === null) throw new Error("neither the recipe nor the row has a schema");
    const validate = await compile(schema);
    const given = parseJson(extract(completion, options.extract) ?? "");
    return given !== undefined && validate(given) ? 1 : 0;
  },
});

/** Compiled schemas by their text, the latest 64: one schema is used for many completions. */
const compiled = new Map<string, ValidateFunction>();
const KEPT = 64;

async function compile(schema: Record<string, unknown>): Promise<ValidateFunction> {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { Ajv } = await import("ajv");
  const regExp = Object.assign((pattern: string) => linearRegex(pattern) as unknown as RegExp, { code: "linearRegex" });
  const made = new Ajv({ strict: false, validateFormats: false, addUsedSchema: false, code: { regExp } }).compile(schema);
  if (compiled.size >= KEPT) compiled.delete(compiled.keys().next().value!);
  compiled.set(key, made);
  return made;
}
