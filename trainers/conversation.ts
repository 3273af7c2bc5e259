import { DataError } from "../core/errors.ts";
import type { Message } from "../core/types.ts";
import type { EncodedPrompt } from "../engines/engine.ts";
import type { Processor } from "../models/processor.ts";

/** What of a conversation is learned: its last answer, every answer, or all of it. */
export type TrainOn = "completion" | "assistant" | "all";

/** An answer within `tokens`: where it starts, its tokens with the one that ends it, and its text. */
export interface Turn {
  start: number;
  tokens: Int32Array;
  text: string;
}

/** A conversation as the engine trains it: a prompt, what follows it, and which of that counts. */
export interface EncodedConversation {
  prompt: EncodedPrompt;
  tokens: Int32Array;
  /** [T] 1 for tokens that are learned, 0 for those that somebody else wrote */
  mask: Float32Array;
  /** the answers that are learned */
  turns: Turn[];
}

const textOf = ({ content }: Message): string => content.map((part) => (part.type === "text" ? part.text : "")).join("");
const hasPicture = ({ content }: Message): boolean => content.some(({ type }) => type === "image");

/**
 * The answers of a conversation from message `first` on, each with the token that ends it, behind everything before them; what users say in
 * between is context. An answer's tokens are those of its text alone, as a policy would write them, and what the template writes around
 * answers is read off the next one's prompt: of SmolVLM a space in front of each, which the last one then has too.
 *
 * Throws DataError, with `id` for its place, where `first` is no answer or the template can't be taken apart like this.
 */
export async function encodeAnswers(
  processor: Pick<Processor, "encodePrompt" | "encode" | "stopIds">,
  messages: readonly Message[],
  first: number,
  id: string,
): Promise<EncodedConversation> {
  const refuse = (message: string, cure: string) => new DataError({ place: { file: id }, message, cure });
  const answers = [...messages.keys()].filter((m) => m >= first && messages[m]!.role === "assistant");
  if (answers[0] !== first || first === 0)
    throw refuse("expected an answer behind something to answer", "Answers have the role assistant.");
  if (messages.slice(first).some(hasPicture)) {
    throw refuse("a picture comes after the first answer that is learned", "Pictures stand in the prompt: use train_on: completion.");
  }
  const prompts = [];
  for (const m of answers) prompts.push(await processor.encodePrompt(messages.slice(0, m)));
  const parts: Turn[] = [];
  const tokens: number[] = [];
  const mask: number[] = [];
  const put = (ids: Int32Array, learned: number) => {
    for (let t = 0; t < ids.length; t++) {
      tokens.push(ids[t]!);
      mask.push(t < learned ? 1 : 0);
    }
  };
  /** what the template puts between a prompt and an answer: some a space */
  let lead = "";
  for (const [i, m] of answers.entries()) {
    const given = textOf(messages[m]!);
    if (given === "") throw refuse(`message ${m} is an empty answer`, "Drop the row, or its last turns.");
    const next = prompts[i + 1];
    const rest = next?.text.startsWith(prompts[i]!.text) ? next.text.slice(prompts[i]!.text.length) : null;
    if (rest !== null) lead = rest.slice(0, rest.length - rest.trimStart().length);
    const text = given.startsWith(lead) ? given : `${lead}${given}`;
    const start = tokens.length;
    const written = processor.encode(text);
    put(written, written.length);
    if (next === undefined) {
      put(Int32Array.of(processor.stopIds[0]!), 1);
    } else {
      const between = rest?.startsWith(text) ? processor.encode(rest.slice(text.length)) : null;
      if (between === null || !processor.stopIds.includes(between[0]!)) {
        const what =
          between === null ? "writes an earlier answer otherwise than as it was given" : "does not end an answer with a stop token";
        throw refuse(`the chat template ${what}, so that answers can't be learned together`, "Use train_on: completion.");
      }
      put(between, 1);
    }
    parts.push({ start, tokens: Int32Array.from(tokens.slice(start, start + written.length + 1)), text });
  }
  return { prompt: prompts[0]!.prompt, tokens: Int32Array.from(tokens), mask: Float32Array.from(mask), turns: parts };
}

/** A conversation that ends with an answer, and what of it `trainOn` learns. Throws DataError as above. */
export async function encodeConversation(
  processor: Pick<Processor, "encodePrompt" | "encode" | "stopIds">,
  messages: readonly Message[],
  trainOn: TrainOn,
  id: string,
): Promise<EncodedConversation> {
  const last = messages.length - 1;
  const first = trainOn === "completion" ? last : messages.findIndex(({ role }) => role === "assistant");
  if (messages[last]?.role !== "assistant") {
    throw new DataError({
      place: { file: id },
      message: "expected the conversation to end with an answer",
      cure: "Its role is assistant.",
    });
  }
  const answers = await encodeAnswers(processor, messages, first, id);
  if (trainOn !== "all") return answers;
  const { prompt, tokens, turns } = answers;
  if (prompt.pixels !== null) {
    throw new DataError({
      place: { file: id },
      message: "a prompt with a picture can't be learned itself",
      cure: "Use train_on: assistant or completion.",
    });
  }
  // the first token has nothing before it that could predict it
  const learned = prompt.tokens.length - 1;
  return {
    prompt: { tokens: prompt.tokens.slice(0, 1), pixels: null },
    tokens: Int32Array.from([...prompt.tokens.slice(1), ...tokens]),
    mask: new Float32Array(learned + tokens.length).fill(1),
    turns: turns.map((turn) => ({ ...turn, start: turn.start + learned })),
  };
}
