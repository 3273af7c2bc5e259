import { z } from "zod";
import type { Message, Part, Picture } from "../core/types.ts";
import { defineEnvironment } from "./define.ts";
import { PictureField } from "./picture-field.ts";

const ChatPart = z.union([z.strictObject({ type: z.literal("text"), text: z.string() }), z.strictObject({ type: z.literal("image") })]);

/** A conversation as chat datasets hold it: roles, and text or parts; an image part stands for the row's own picture. */
export const ChatMessages = z
  .array(
    z.strictObject({
      role: z.enum(["system", "user", "assistant"]),
      content: z.union([z.string(), z.array(ChatPart).min(1)]),
    }),
  )
  .min(1);
export type ChatMessages = z.infer<typeof ChatMessages>;

/** How often a conversation shows the row's picture. */
function places(messages: ChatMessages): number {
  const parts = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  return parts.filter(({ type }) => type === "image").length;
}

/**
 * The messages with the row's picture in its place, or in front of what the first user message says where no part shows it.
 * What does not fit comes back as text.
 */
export function withPicture(messages: ChatMessages, image: Picture | undefined): Message[] | string {
  const count = places(messages);
  if (count > 1) return "a row has one picture, expected one image part at most";
  if (image === undefined && count > 0) return "there is an image part, but the row has no picture";
  const first = messages.findIndex(({ role }) => role === "user");
  if (image !== undefined && count === 0 && first < 0) return "the row has a picture, but no message of a user that could show it";
  return messages.map(({ role, content }, m) => {
    const parts = (typeof content === "string" ? [{ type: "text" as const, text: content }] : content).map((part): Part => {
      return part.type === "text" ? part : { type: "image", image: image! };
    });
    if (image !== undefined && count === 0 && m === first) parts.unshift({ type: "image", image });
    return { role, content: parts };
  });
}

/** The conversation that a row begins with: its `messages`, or its `prompt`, which may be what a user says. */
function given({ messages, prompt }: { messages?: ChatMessages; prompt?: string | ChatMessages }): ChatMessages {
  return messages ?? (typeof prompt === "string" ? [{ role: "user", content: prompt }] : (prompt ?? []));
}

/** A conversation in the row's `messages`, or in the `prompt` of rows of preferences: the prompt is all of it before the last answer. */
export const chat = defineEnvironment({
  name: "chat",
  options: z.strictObject({}),
  example: z
    .looseObject({
      messages: ChatMessages.optional(),
      prompt: z.union([z.string().min(1), ChatMessages]).optional(),
      image: PictureField.optional(),
    })
    .superRefine((row, context) => {
      const refuse = (message: string) => context.addIssue({ code: "custom", path: ["messages"], message });
      if ((row.messages === undefined) === (row.prompt === undefined)) return refuse("expected messages or, in its place, a prompt");
      const messages = given(row);
      const shown = withPicture(messages, row.image);
      if (typeof shown === "string") refuse(shown);
      else if (!messages.some(({ role }) => role === "user")) refuse("expected a message of a user");
    }),
  start({ image, ...row }) {
    const messages = given(row);
    const before = messages.at(-1)!.role === "assistant" ? messages.slice(0, -1) : messages;
    return withPicture(before, image) as Message[];
  },
  reply: () => null,
});
