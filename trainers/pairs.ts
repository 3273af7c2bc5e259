import { DataError } from "../core/errors.ts";
import type { Example, Message } from "../core/types.ts";
import type { EncodedPrompt } from "../engines/engine.ts";
import type { Environment } from "../environments/index.ts";
import { checkLength } from "../models/length.ts";
import type { Processor } from "../models/processor.ts";
import { conversationOf } from "./chat-rows.ts";
import { encodeAnswers } from "./conversation.ts";

/** A prompt with a better and a worse answer; what somebody else says between an answer's turns has a mask of 0. */
export interface EncodedPair {
  prompt: EncodedPrompt;
  chosen: EncodedAnswer;
  rejected: EncodedAnswer;
}

export interface EncodedAnswer {
  tokens: Int32Array;
  mask: Float32Array;
}

/** A row of preferences behind the environment's prompt. Throws DataError where an answer is missing, or too long with its prompt. */
export async function encodePair(
  processor: Processor,
  environment: Environment,
  fieldsOf: { chosen_field: string; rejected_field: string },
  { id, fields }: Example,
  maxLength: number | null,
): Promise<EncodedPair> {
  const prompt = environment.start(fields);
  const encode = async (field: string) => {
    const answer = await encodeAnswers(processor, [...prompt, ...answerOf(id, fields, field)], prompt.length, id);
    checkLength(id, { prompt: answer.prompt.tokens.length, after: answer.tokens.length }, maxLength);
    return answer;
  };
  const [chosen, rejected] = [await encode(fieldsOf.chosen_field), await encode(fieldsOf.rejected_field)];
  return { prompt: chosen.prompt, chosen, rejected };
}

/** A text, or the turns of a longer answer, from one given to the last. */
function answerOf(id: string, fields: Example["fields"], field: string): Message[] {
  const value = fields[field];
  if (Array.isArray(value)) return conversationOf(id, { [field]: value }, field);
  if (typeof value === "string" && value !== "") return [{ role: "assistant", content: [{ type: "text", text: value }] }];
  throw new DataError({
    place: { file: id },
    field,
    message: value === undefined ? "the row has no such field" : "expected a text that is not empty, or a list of messages",
    cure: "chosen_field and rejected_field of the dpo stage name the fields that hold the two answers.",
  });
}
