import { DataError } from "../core/errors.ts";
import type { Example } from "../core/types.ts";

/** The text that an sft stage is to learn from a row. Throws DataError where it is missing or empty. */
export function responseOf({ id, fields }: Example, field: string): string {
  const response = fields[field];
  if (typeof response === "string" && response !== "") return response;
  throw new DataError({
    place: { file: id },
    field,
    message: response === undefined ? "the row has no such field" : "expected a text that is not empty",
    cure: "response_field of the sft stage names the field that holds the response to learn.",
  });
}
