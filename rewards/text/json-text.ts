/** A longer answer is none. */
export const MAX_JSON = 20_000;
const MAX_DEPTH = 64;

/**
 * The value of a JSON text, alone or as the last ``` block; undefined for anything else: text around it, more than 20 000
 * characters, more than 64 levels (so that whoever walks the value needs no guard).
 */
export function parseJson(text: string): unknown {
  const bare = fenced(text).trim();
  if (bare === "" || bare.length > MAX_JSON || depth(bare) > MAX_DEPTH) return undefined;
  try {
    return JSON.parse(bare);
  } catch {
    return undefined;
  }
}

function fenced(text: string): string {
  const end = text.lastIndexOf("```");
  const start = end < 0 ? -1 : text.lastIndexOf("```", end - 1);
  if (start < 0) return text;
  return text.slice(start + 3, end).replace(/^(?:json5?|JSON)?\s/, "");
}

/** Levels of brackets, those in texts included: an upper bound is enough. */
function depth(text: string): number {
  let [now, most] = [0, 0];
  for (const char of text) {
    if (char === "[" || char === "{") most = Math.max(most, ++now);
    else if (char === "]" || char === "}") now--;
  }
  return most;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
