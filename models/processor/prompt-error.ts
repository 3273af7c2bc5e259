import { DataError } from "../../core/errors.ts";

/** An error about a prompt that can't be encoded. `field` is the message or part at fault, empty where it is the whole prompt. */
export function promptError(field: string, message: string, cure: string): DataError {
  return new DataError({ place: { file: "prompt" }, field, message, cure });
}
