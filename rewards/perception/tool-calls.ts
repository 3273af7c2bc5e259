import { jsonCall } from "../tools.ts";

export interface ToolCall {
  name: string;
  arguments: Readonly<Record<string, unknown>>;
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
  const { name, arguments: given } = jsonCall(inside);
  return name === null || given === null ? null : { name, arguments: given };
}
