import { z } from "zod";
import type { Message, Part } from "../core/types.ts";
import { defineEnvironment } from "./define.ts";
import { PictureField } from "./picture-field.ts";

/** One turn: a picture where the row has one, and a question about it. */
export const visualQuestion = defineEnvironment({
  name: "visual_question",
  options: z.strictObject({
    system: z.string().min(1).nullable().default(null).describe("what the system message says; null sends none"),
    suffix: z.string().default("").describe("put behind every question as it is, for example how to answer"),
  }),
  example: z.looseObject({ image: PictureField.optional(), question: z.string().min(1) }),
  start({ image, question }, { system, suffix }) {
    const content: Part[] = [{ type: "text", text: `${question}${suffix}` }];
    if (image !== undefined) content.unshift({ type: "image", image });
    const messages: Message[] = [{ role: "user", content }];
    if (system !== null) messages.unshift({ role: "system", content: [{ type: "text", text: system }] });
    return messages;
  },
  reply: () => null,
});
