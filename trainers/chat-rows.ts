import { DataError } from "../core/errors.ts";
import type { Message, Picture } from "../core/types.ts";
import { ChatMessages, withPicture } from "../environments/chat.ts";

/** The conversation in a row's field, with the row's picture in its place. Throws DataError where there is none. */
export function conversationOf(id: string, fields: Record<string, unknown>, field: string): Message[] {
  const refuse = (message: string, at = field) =>
    new DataError({
      place: { file: id },
      field: at,
      message,
      cure: 'A conversation is a list of messages, for example [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}].',
    });
  if (!Object.hasOwn(fields, field)) throw refuse("the row has no such field");
  const parsed = ChatMessages.safeParse(fields[field]);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(issue!.message, [field, ...issue!.path].join("."));
  }
  // datasets decode it
  const messages = withPicture(parsed.data, fields.image as Picture | undefined);
  if (typeof messages === "string") throw refuse(messages);
  return messages;
}
