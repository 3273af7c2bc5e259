import type { Message, Picture } from "../../core/types.ts";
import type { PromptPixels } from "../../engines/engine.ts";
import type { Processor } from "../processor.ts";
import { FolderFiles } from "./files.ts";
import { Lru } from "./lru.ts";
import type { PixelLimits, PreparedPicture } from "./picture-processor.ts";
import { loadPictures } from "./pictures.ts";
import { fillPlaceholders, placeholderCount } from "./placeholders.ts";
import { promptError } from "./prompt-error.ts";
import { GenerationConfig, ModelConfig } from "./schemas.ts";
import { loadTokenizer, type TextTokenizer, templateMessages } from "./tokenizer.ts";

const PROMPTS_HELD = 1024;

/**
 * The processor of a checkpoint folder: its tokenizer and chat template, and its image processor where the model takes pictures
 * (SmolVLM, Idefics3, Qwen-VL). Nothing is fetched from a network, and no prompt is ever cut short.
 *
 * `maxPixels` and `minPixels` bound the pixels of a resized picture in place of the folder's own numbers. Qwen-VL: they are its
 * max_pixels and min_pixels, so a very long picture may exceed maxPixels (see `smartResize`). SmolVLM: maxPixels lowers
 * size.longest_edge to the largest multiple of the tile whose square is within it; the whole picture that a cut one gets as one more
 * tile is not counted, and minPixels is an error. A text model has no pictures to bound.
 *
 * Throws CheckpointError where a file is missing, broken or of a class that is not known and RecipeError where the model's pictures
 * can't keep the bounds; `encodePrompt` throws DataError where a message's picture is missing or of an impossible shape, or the prompt
 * has more or fewer places for pictures than it has pictures.
 */
export async function loadProcessor(folder: string, options: Partial<PixelLimits> = {}): Promise<Processor> {
  const files = await FolderFiles.read(folder);
  files.require("config.json", "A model folder holds config.json, its weights and its tokenizer: check the path.");
  const model = files.json("config.json", ModelConfig)!;
  const tokenizer = await loadTokenizer(files);
  const pictures = loadPictures(files, model, tokenizer, { maxPixels: options.maxPixels ?? null, minPixels: options.minPixels ?? null });

  const rendered = new Lru<string>(PROMPTS_HELD);
  const expanded = new Lru<{ text: string; tokens: Int32Array }>(PROMPTS_HELD);
  let pieces: string[] | null = null;

  return {
    ...endings(files, model, tokenizer),
    encode: tokenizer.encode,
    decode: (ids, { keepSpecial = false } = {}) => tokenizer.decode(ids, keepSpecial),
    save: (target) => files.copyTo(target),
    contextLength: model.text_config?.max_position_embeddings ?? model.max_position_embeddings ?? null,

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

      const { placeholder, placeholderId, itemShape } = pictures;
      const places = placeholderCount(text, placeholder);
      if (places !== found.length) {
        const message = `${places} times ${placeholder} for ${found.length} pictures once the chat template has been filled in`;
        throw promptError("", message, `Write ${placeholder} in no text; a picture's place is its part of the message.`);
      }
      const prepared = found.map(({ picture, field }) => pictures.prepare(picture, field));
      const layouts = prepared.map(({ layout }) => layout);
      const whole = expanded.get(`${layouts.join()} ${text}`, () => {
        const replacements = prepared.map((one) => one.text());
        const expandedText = fillPlaceholders(text, placeholder, replacements);
        const tokens = tokenizer.encode(expandedText);
        const expected = prepared.reduce((sum, one) => sum + one.tokens, 0);
        const actual = tokens.reduce((sum, id) => sum + (id === placeholderId ? 1 : 0), 0);
        if (actual !== expected) throw new Error(`${actual} image tokens where the pictures make ${expected}`);
        return { text: expandedText, tokens };
      });
      return { prompt: { tokens: whole.tokens.slice(), pixels: joinPixels(prepared, itemShape) }, text: whole.text };
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

/** The prompt's pictures in order, each checked: what is shown to the model is the whole picture or nothing. */
function picturesOf(messages: Message[]): { picture: Picture; field: string }[] {
  const found: { picture: Picture; field: string }[] = [];
  messages.forEach(({ content }, m) => {
    content.forEach((part, p) => {
      if (part.type === "text") return;
      // Rows come from files, so what the type promises may not be there.
      if (part.type !== "image") {
        const message = `a part of type ${JSON.stringify((part as { type: unknown }).type)}`;
        throw promptError(`messages[${m}].content[${p}]`, message, "Parts are text or images.");
      }
      const field = `messages[${m}].content[${p}].image`;
      const picture = part.image as Picture | null | undefined;
      if (picture === undefined || picture === null)
        throw promptError(field, "the picture is missing", "Give the row its picture, or drop the row.");
      const { width, height, data } = picture;
      const sound = width >= 1 && height >= 1 && data instanceof Uint8Array && data.length === width * height * 3;
      if (!sound) {
        const message = `expected ${width} x ${height} x 3 bytes of RGB, got ${data?.length ?? "none"}`;
        throw promptError(field, message, "Decode the picture as 8-bit RGB.");
      }
      found.push({ picture, field });
    });
  });
  return found;
}

/** The pixels of all pictures, one after the other, or null where there are none. */
function joinPixels(prepared: PreparedPicture[], itemShape: number[]): PromptPixels | null {
  if (prepared.length === 0) return null;
  const data = new Float32Array(prepared.reduce((sum, { pixels }) => sum + pixels.length, 0));
  let at = 0;
  for (const { pixels } of prepared) {
    data.set(pixels, at);
    at += pixels.length;
  }
  const itemLength = itemShape.reduce((product, length) => product * length, 1);
  const grids = prepared.flatMap(({ grid }) => (grid === null ? [] : [grid]));
  return { data, shape: [data.length / itemLength, ...itemShape], grids: grids.length === 0 ? null : grids };
}
