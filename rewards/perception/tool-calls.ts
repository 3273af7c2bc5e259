export interface ToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

/** Every `<tool_call>` that was opened, in order; null for one that is not closed or is not { name, arguments } in JSON. */
export function toolCalls(text: string): (ToolCall | null)[] {
  return text
    .split("<tool_call>")
    .slice(1)
    .map((piece) => {
      const end = piece.indexOf("</tool_call>");
      return end < 0 ? null : toolCall(piece.slice(0, end));
    });
}

function toolCall(inside: string): ToolCall | null {
  let value: unknown;
  try {
    value = JSON.parse(inside);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("name" in value) || !("arguments" in value)) return null;
  const { name, arguments: given } = value;
  if (typeof name !== "string" || typeof given !== "object" || given === null || Array.isArray(given)) return null;
  return { name, arguments: given as Record<string, unknown> };
}

/** How often a piece stands in the text. */
export function occurrences(text: string, piece: string): number {
  return text.split(piece).length - 1;
}
