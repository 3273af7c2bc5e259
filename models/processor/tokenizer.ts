import { CheckpointError } from "../../core/errors.ts";
import type { Message } from "../../core/types.ts";
import type { FolderFiles } from "./files.ts";
import { Lru } from "./lru.ts";
import { ChatTemplateFile, TokenizerConfig } from "./schemas.ts";

/** A folder's tokenizer and chat template, text in and ids out. */
export interface TextTokenizer {
  /** one more than the largest id */
  size: number;
  eosId: number | null;
  padId: number | null;
  encode(text: string): Int32Array;
  decode(ids: ArrayLike<number>, keepSpecial: boolean): string;
  idOf(token: string): number | null;
  render(messages: TemplateMessage[], addGenerationPrompt: boolean): string;
}

/** A message as templates take it: plain text, or parts where the model also takes pictures. */
export interface TemplateMessage {
  role: string;
  content: string | ({ type: "text"; text: string } | { type: "image" })[];
}

const COPY = "Copy it from where the checkpoint came from.";
const TEXTS_HELD = 4096;

export async function loadTokenizer(files: FolderFiles): Promise<TextTokenizer> {
  files.require("tokenizer.json", `A model folder needs its fast tokenizer. ${COPY}`);
  files.require("tokenizer_config.json", COPY);
  const config = files.json("tokenizer_config.json", TokenizerConfig)!;
  const template = chatTemplate(files, config.chat_template);

  const { AutoTokenizer } = await import("@huggingface/transformers");
  const tokenizer = await AutoTokenizer.from_pretrained(files.folder, { local_files_only: true }).catch((error: unknown) => {
    throw files.problem("tokenizer.json", `can't be read as a tokenizer: ${(error as Error).message}`, COPY);
  });
  if (template !== null) tokenizer.chat_template = template;

  const vocabulary: Map<string, number> = tokenizer.get_vocab();
  const held = new Lru<Int32Array>(TEXTS_HELD);
  const idOf = (token: string) => vocabulary.get(token) ?? null;
  return {
    size: 1 + [...vocabulary.values()].reduce((most, id) => Math.max(most, id), -1),
    eosId: tokenizer.eos_token_id ?? null,
    padId: tokenizer.pad_token_id ?? null,
    idOf,
    encode(text) {
      // A copy: the caller may change it, or hand its memory to another thread.
      return held.get(text, () => Int32Array.from(tokenizer(text, { add_special_tokens: false, return_tensor: false }).input_ids)).slice();
    },
    decode(ids, keepSpecial) {
      if (ids.length === 0) return "";
      const options = { skip_special_tokens: !keepSpecial, clean_up_tokenization_spaces: config.clean_up_tokenization_spaces };
      return tokenizer.decode(Array.from(ids), options);
    },
    render(messages, addGenerationPrompt) {
      try {
        return tokenizer.apply_chat_template(messages as never, { tokenize: false, add_generation_prompt: addGenerationPrompt });
      } catch (error) {
        throw new CheckpointError({
          place: { file: files.folder },
          message: `the chat template can't render ${messages.map(({ role }) => role).join(", ")}: ${(error as Error).message}`,
          cure: "Give the template the roles and parts it was written for, or write another chat_template.jinja.",
        });
      }
    },
  };
}

/** The template of a file of its own, or null where the tokenizer's config holds it. The order is transformers' own. */
function chatTemplate(files: FolderFiles, inConfig: unknown): string | null {
  const file = files.text("chat_template.jinja") ?? files.json("chat_template.json", ChatTemplateFile)?.chat_template;
  if (file !== undefined) return file;
  if (inConfig !== undefined && inConfig !== null) return null;
  throw files.problem(
    "chat_template.jinja",
    "no chat template, here or as chat_template in tokenizer_config.json",
    "Take the chat-tuned version of the checkpoint, or write a Jinja template into that file.",
  );
}

/** Messages as a template takes them. Without pictures the parts are one text, which is all that text models' templates know. */
export function templateMessages(messages: Message[], withPictures: boolean): TemplateMessage[] {
  return messages.map(({ role, content }) => ({
    role,
    content: withPictures
      ? content.map((part) => (part.type === "text" ? { type: "text" as const, text: part.text } : { type: "image" as const }))
      : content.map((part) => (part.type === "text" ? part.text : "")).join(""),
  }));
}
