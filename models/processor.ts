import type { Message } from "../core/types.ts";
import type { EncodedPrompt } from "../engines/engine.ts";

/** Text and pictures to what the engine takes, and back. Made by `loadProcessor` from a checkpoint folder's own files. */
export interface Processor {
  /** the rendered prompt (placeholders expanded), its ids and the pictures' pixels */
  encodePrompt(messages: Message[]): Promise<{ prompt: EncodedPrompt; text: string }>;
  /** ids of a piece of text, no special tokens added */
  encode(text: string): Int32Array;
  /** text of a completion; special tokens left out unless asked for */
  decode(ids: ArrayLike<number>, options?: { keepSpecial?: boolean }): string;
  /** ids that end a completion, from generation_config.json, config.json or the tokenizer; the first closes an SFT response */
  stopIds: number[];
  padId: number;
  /** tokens the model was made for: max_position_embeddings, before any scaling of rope; null where config.json does not say */
  contextLength: number | null;
  /** decoded text of every single id, for stop strings; made once, when first asked for */
  tokenPieces(): string[];
  /** copies tokenizer, template and image-processor files beside weights, so that a checkpoint is a whole folder */
  save(folder: string): Promise<void>;
}
