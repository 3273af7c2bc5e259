import { z } from "zod";

/** The schema itself, out of its optional, nullable and default wrappings. */
export function core(schema: unknown): unknown {
  let inner = schema;
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodReadonly
  ) {
    inner = inner.unwrap();
  }
  return inner instanceof z.ZodPipe ? core(inner.in) : inner;
}

/** The option of a union without a discriminator that a value is meant for, by its kind: a list, a section or neither. */
function fitting(schema: unknown, value: unknown): unknown {
  const inner = core(schema);
  if (!(inner instanceof z.ZodUnion) || inner instanceof z.ZodDiscriminatedUnion) return inner;
  const kind = Array.isArray(value) ? z.ZodArray : z.ZodObject;
  return core(inner.options.find((option) => core(option) instanceof kind) ?? inner);
}

/** The schema of an object, where `schema` is one, or a union whose option `value` chooses by its discriminator. */
function objectOf(schema: unknown, value: unknown): z.ZodObject | null {
  const inner = fitting(schema, value);
  if (inner instanceof z.ZodObject) return inner;
  if (!(inner instanceof z.ZodDiscriminatedUnion)) return null;
  const key = inner.def.discriminator;
  const chosen = (value as Record<string, unknown> | null | undefined)?.[key];
  return inner.options.map((option) => objectOf(option, value)).find((option) => literals(option?.shape[key]).includes(chosen)) ?? null;
}

/** The values that a literal or an enum allows; empty for any other schema. */
export function literals(schema: unknown): unknown[] {
  const inner = core(schema);
  if (inner instanceof z.ZodLiteral) return [...inner.values];
  return inner instanceof z.ZodEnum ? inner.options : [];
}

/** The schema at a path, following `value` where a union leaves a choice; null where the path leads out of the schema. */
export function schemaAt(schema: unknown, value: unknown, path: readonly PropertyKey[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const inner = fitting(schema, value);
  const below = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  if (inner instanceof z.ZodArray) return schemaAt(inner.element, below, rest);
  if (inner instanceof z.ZodTuple) return schemaAt(inner.def.items[Number(key)], below, rest);
  if (inner instanceof z.ZodRecord) return schemaAt(inner.valueType, below, rest);
  const shape = objectOf(inner, value)?.shape ?? {};
  // Keys come from a file: `constructor` is no field.
  return Object.hasOwn(shape, key) ? schemaAt(shape[String(key)], below, rest) : null;
}

/** The keys that a section may have. */
export function keysOf(schema: unknown, value: unknown): string[] {
  const keys = Object.keys(objectOf(schema, value)?.shape ?? {});
  return keys.includes("name") ? ["name", ...keys.filter((key) => key !== "name")] : keys;
}

/** The values by which a union tells its options apart. */
export function choices(schema: unknown, key: string): unknown[] {
  const inner = core(schema);
  return inner instanceof z.ZodDiscriminatedUnion ? inner.options.flatMap((option) => literals(objectOf(option, {})?.shape[key])) : [];
}

/** What belongs at a place, in words: "a whole number". */
export function kindText(schema: unknown): string {
  const inner = core(schema);
  const allowed = literals(inner);
  if (allowed.length > 0) return allowed.length === 1 ? String(allowed[0]) : `one of ${allowed.join(", ")}`;
  if (inner instanceof z.ZodNumber) return inner.isInt ? "a whole number" : "a number";
  if (inner instanceof z.ZodString) return "a text";
  if (inner instanceof z.ZodBoolean) return "true or false";
  if (inner instanceof z.ZodArray || inner instanceof z.ZodTuple) return "a list";
  return "a section of `key: value` lines";
}
