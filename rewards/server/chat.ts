import { z } from "zod";
import type { Role } from "../../core/types.ts";
import type { WrittenTurn } from "../turns.ts";

const ToolCall = z.object({ function: z.object({ name: z.string(), arguments: z.unknown() }) });

/** A completion as a chat: what the assistant said, and between that what tools and users did. */
export const Chat = z.array(z.object({ role: z.string(), content: z.unknown(), tool_calls: z.array(z.unknown()).nullish() }));
export type Chat = z.infer<typeof Chat>;

const ROLES: Record<string, Role> = { assistant: "policy", tool: "observation", user: "observation" };

/**
 * A chat as turns, a line each: the assistant's are the policy's, those of tools and users the environment's. Calls that stand beside a message's text are
 * written behind it, as `<tool_call>{"name": …, "arguments": {…}}</tool_call>`.
 */
export function chatTurns(chat: Chat): WrittenTurn[] {
  return chat.map(({ role, content, tool_calls }, i) => {
    const text = [contentText(content), ...(tool_calls ?? []).map(callText)].filter((piece) => piece !== "").join("\n");
    const known = Object.hasOwn(ROLES, role) ? ROLES[role]! : "context";
    return { role: known, text: i < chat.length - 1 ? `${text}\n` : text };
  });
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => (isText(part) ? part.text : "")).join("");
}

function isText(part: unknown): part is { text: string } {
  return typeof part === "object" && part !== null && "text" in part && typeof part.text === "string";
}

/** OpenAI's calls hold their arguments as text, TRL's as an object; what is neither stays as it is, and is a call that can't be read. */
function callText(call: unknown): string {
  const { data } = ToolCall.safeParse(call);
  const { name = null, arguments: given } = data?.function ?? {};
  return `<tool_call>${JSON.stringify({ name, arguments: typeof given === "string" ? parsed(given) : given })}</tool_call>`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
