import { DataError } from "../core/errors.ts";

/**
 * Throws DataError where a prompt and what comes after it are more tokens than the policy takes. Nothing is cut off: a picture cut in half is
 * another picture, and a response cut short another response.
 */
export function checkLength(id: string, tokens: { prompt: number; after: number }, longest: number | null): void {
  if (longest === null || tokens.prompt + tokens.after <= longest) return;
  throw new DataError({
    place: { file: id },
    message: `${tokens.prompt} tokens of prompt (pictures included) and ${tokens.after} after it are more than the ${longest} that the policy takes`,
    cure: "Drop the row, lower model.max_pixels or max_new_tokens, or raise model.max_length if the model bears it.",
  });
}
