import { DataError } from "../../core/errors.ts";
import type { Message, Picture } from "../../core/types.ts";
import type { PixelTiles } from "../../engines/engine.ts";
import type { Processor } from "../processor.ts";
import { FolderFiles } from "./files.ts";
import { Lru } from "./lru.ts";
import { loadPictureProcessor } from "./pictures.ts";
import { expandPlaceholders, IMAGE, placeholderCount, tileCount } from "./placeholders.ts";
import { GenerationConfig, ModelConfig } from "./schemas.ts";
import { loadTokenizer, type TextTokenizer, templateMessages } from "./tokenizer.ts";

const PROMPTS_HELD = 1024;

/**
 * The processor of a checkpoint folder: its tokenizer and chat template, and its image processor where the model takes pictures
 * (SmolVLM, Idefics3). Nothing is fetched from a network.
 *
 * Throws CheckpointError where a file is missing, broken or of a class that is not known; `encodePrompt` throws DataError where a
 * message's picture is missing or the prompt has more or fewer places for pictures than it has pictures.
 */
export async function loadProcessor(folder: string): Promise<Processor> {
  const files = await FolderFiles.read(folder);
  files.require("config.json", "A model folder holds config.json, its weights and its tokenizer: check the path.");
  const model = files.json("config.json", ModelConfig)!;
  const tokenizer = await loadTokenizer(files);
  const pictures = await loadPictureProcessor(files, model);
  const imageId = pictures === null ? null : checkImageToken(files, model, tokenizer);

  const rendered = new Lru<string>(PROMPTS_HELD);
  const expanded = new Lru<{ text: string; tokens: Int32Array }>(PROMPTS_HELD);
  let pieces: string[] | null = null;

  return {
    ...endings(files, model, tokenizer),
    encode: tokenizer.encode,
    decode: (ids, { keepSpecial = false } = {}) => tokenizer.decode(ids, keepSpecial),
    save: (target) => files.copyTo(target),

    tokenPieces() {
      // Rows of the embedding that have no token, which padded vocabularies end with, decode to nothing.
      const length = Math.max(tokenizer.size, model.text_config?.vocab_size ?? model.vocab_size ?? 0);
      pieces ??= Array.from({ length }, (_, id) => tokenizer.decode([id], true));
      return pieces;
    },

    async encodePrompt(messages) {
      const found = picturesOf(messages);
      if (found.length > 0 && pictures === null) {
        throw promptError(
          "",
          "the prompt has a picture, but the model reads text only",
          "Use a vision-language model, or leave pictures out.",
        );
      }
      const shape = templateMessages(messages, pictures !== null);
      const text = rendered.get(JSON.stringify(shape), () => tokenizer.render(shape, true));
      if (pictures === null) return { prompt: { tokens: tokenizer.encode(text), pixels: null }, text };

      if (placeholderCount(text) !== found.length) {
        const message = `${placeholderCount(text)} times ${IMAGE} for ${found.length} pictures once the chat template has been filled in`;
        throw promptError("", message, `Write ${IMAGE} in no text; a picture's place is its part of the message.`);
      }
      const prepared = await Promise.all(found.map((picture) => pictures.prepare(picture)));
      const grids = prepared.map(({ grid }) => grid);
      const whole = expanded.get(`${JSON.stringify(grids)}${text}`, () => {
        const expandedText = expandPlaceholders(text, grids, pictures.tokensPerTile);
        const tokens = tokenizer.encode(expandedText);
        const expected = grids.reduce((sum, grid) => sum + tileCount(grid) * pictures.tokensPerTile, 0);
        const actual = tokens.reduce((sum, id) => sum + (id === imageId ? 1 : 0), 0);
        if (actual !== expected) throw new Error(`${actual} image tokens where the pictures make ${expected}`);
        return { text: expandedText, tokens };
      });
      return {
        prompt: {
          tokens: whole.tokens.slice(),
          pixels: joinPixels(
            prepared.map(({ pixels }) => pixels),
            pictures.tile,
          ),
        },
        text: whole.text,
      };
    },
  };
}

/** The tokens that end a completion and that fill up rows. */
function endings(files: FolderFiles, model: ModelConfig, tokenizer: TextTokenizer): { stopIds: number[]; padId: number } {
  const generation = files.json("generation_config.json", GenerationConfig);
  const eos = generation?.eos_token_id ?? model.eos_token_id ?? model.text_config?.eos_token_id ?? tokenizer.eosId;
  if (eos === null) {
    throw files.problem("generation_config.json", "nothing says which token ends a completion", "Add eos_token_id, a token id or a list.");
  }
  const stopIds = typeof eos === "number" ? [eos] : eos;
  const pad = generation?.pad_token_id ?? model.pad_token_id ?? model.text_config?.pad_token_id ?? tokenizer.padId;
  return { stopIds, padId: pad ?? stopIds[0]! };
}

function checkImageToken(files: FolderFiles, model: ModelConfig, tokenizer: TextTokenizer): number {
  const id = tokenizer.idOf(IMAGE);
  if (id === null) {
    throw files.problem("tokenizer.json", `no token ${IMAGE}, which stands for pictures`, "Take the tokenizer that came with the model.");
  }
  if (model.image_token_id !== undefined && model.image_token_id !== id) {
    const message = `${model.image_token_id}, but ${IMAGE} is token ${id} of tokenizer.json`;
    throw files.problem("config.json", message, "Take the tokenizer that came with the model.", "image_token_id");
  }
  return id;
}

/** The prompt's pictures in order, each checked: what is shown to the model is the whole picture or nothing. */
function picturesOf(messages: Message[]): Picture[] {
  const found: Picture[] = [];
  messages.forEach(({ content }, m) => {
    content.forEach((part, p) => {
      if (part.type !== "image") return;
      const field = `messages[${m}].content[${p}].image`;
      // Rows come from files, so what the type promises may not be there.
      const picture = part.image as Picture | null | undefined;
      if (picture === undefined || picture === null)
        throw promptError(field, "the picture is missing", "Give the row its picture, or drop the row.");
      const { width, height, data } = picture;
      const sound = width >= 1 && height >= 1 && data instanceof Uint8Array && data.length === width * height * 3;
      if (!sound) {
        const message = `expected ${width} x ${height} x 3 bytes of RGB, got ${data?.length ?? "none"}`;
        throw promptError(field, message, "Decode the picture as 8-bit RGB.");
      }
      found.push(picture);
    });
  });
  return found;
}

function promptError(field: string, message: string, cure: string): DataError {
  return new DataError({ place: { file: "prompt" }, field, message, cure });
}

function joinPixels(parts: Float32Array[], tile: number): PixelTiles | null {
  if (parts.length === 0) return null;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const data = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { data, shape: [length / (3 * tile * tile), 3, tile, tile] };
}
