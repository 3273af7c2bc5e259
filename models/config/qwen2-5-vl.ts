import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { decoder, decoderFields, qwenWindowFields, qwenWindows } from "./decoder.ts";
import { fields, Layers, meaning, only, Size, TokenId } from "./fields.ts";
import { checkOutSize, qwenVision, qwenVisionFields } from "./qwen-vision.ts";
import { ropeFields } from "./rope.ts";
import type { DecoderConfig, QwenVisionConfig, QwenVlConfig } from "./types.ts";
import { checkTokens } from "./vlm.ts";

const textShape = {
  ...decoderFields({
    vocab_size: 152_064,
    hidden_size: 8192,
    intermediate_size: 29_568,
    num_hidden_layers: 80,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
  }),
  ...qwenWindowFields,
  max_window_layers: qwenWindowFields.max_window_layers.default(80),
};
const textNames = Object.keys(textShape).filter((name) => name !== "tie_word_embeddings");

const Text = fields({ ...textShape, model_type: only(["qwen2_5_vl_text", "qwen2_5_vl"], "no other decoder is supported") }).transform(
  meaning<z.infer<z.ZodObject<typeof textShape>>, DecoderConfig>((c, report) =>
    decoder(
      c,
      {
        bias: { qkv: true, output: false, mlp: false },
        windows: qwenWindows(c, report),
        theta: 1_000_000,
        mrope: { sections: [16, 24, 24], interleaved: false, named: true },
      },
      report,
    ),
  ),
);

const visionShape = {
  model_type: only(["qwen2_5_vl_vision", "qwen2_5_vl"], "no other vision tower is supported"),
  ...qwenVisionFields,
  depth: Layers.default(32),
  hidden_size: Size.default(3584),
  hidden_act: only(["silu"], "Qwen2.5-VL uses no other"),
  intermediate_size: Size.default(3420),
  patch_size: Size.default(14),
  window_size: Size.default(112),
  fullatt_block_indexes: z.array(z.int().min(0)).default([7, 15, 23, 31]),
};

const Vision = fields(visionShape).transform(
  meaning<z.infer<z.ZodObject<typeof visionShape>>, QwenVisionConfig>((c, report) => {
    const unit = c.patch_size * c.spatial_merge_size;
    if (c.window_size < unit) report(["window_size"], `expected a merged patch or more, ${unit} pixels, got ${c.window_size}`);
    const windows = { size: c.window_size, fullLayers: c.fullatt_block_indexes.filter((layer) => layer < c.depth) };
    return qwenVision(c, { windows, positionSide: null, deepstackLayers: [] }, report);
  }),
);

const topShape = {
  model_type: z.literal("qwen2_5_vl"),
  vision_config: Vision.prefault({}),
  image_token_id: TokenId.default(151_655),
  video_token_id: TokenId.default(151_656),
  vision_start_token_id: TokenId.default(151_652),
  tie_word_embeddings: z.boolean().default(false),
};
const Qwen25Vl = fields({
  ...Object.fromEntries(textNames.map((name) => [name, z.unknown().optional()])),
  attention_dropout: z.unknown().optional(),
  ...topShape,
  text_config: Text.prefault({}),
}).transform(
  meaning<z.infer<z.ZodObject<typeof topShape>> & { text_config: DecoderConfig }, QwenVlConfig>((c, report) => {
    const { text_config: text, vision_config: vision } = c;
    const { image_token_id, video_token_id, vision_start_token_id } = c;
    checkTokens({ image_token_id, video_token_id, vision_start_token_id }, text, report);
    checkOutSize(vision, text, report);
    return {
      // transformers 4 writes true below text_config only, and transformers 5 takes it from there
      text: { ...text, tied: c.tie_word_embeddings || text.tied },
      vision,
      imageTokenId: image_token_id,
      videoTokenId: video_token_id,
      visionStartTokenId: vision_start_token_id,
    };
  }),
);

/**
 * config.json of Qwen2_5_VLForConditionalGeneration. The Hub's own are flat, with the decoder's fields at the top level;
 * transformers 4.52 to 4.57 write those once more below text_config, which counts, and transformers 5 only there.
 */
export function readQwen25VlConfig(json: unknown): QwenVlConfig {
  const top = z.record(z.string(), z.unknown()).parse(json);
  const flat = Object.fromEntries(textNames.concat("attention_dropout").flatMap((name) => (name in top ? [[name, top[name]]] : [])));
  if (top.text_config === undefined) {
    const rest = Object.fromEntries(Object.entries(top).filter(([name]) => !(name in flat)));
    const parsed = Qwen25Vl.safeParse({ ...rest, text_config: flat });
    if (parsed.success) return parsed.data;
    throw new z.ZodError(
      parsed.error.issues.map((issue) => (issue.path[0] === "text_config" ? { ...issue, path: issue.path.slice(1) } : issue)),
    );
  }
  const config = Qwen25Vl.parse(json);
  const contradictions = Object.keys(flat).filter((name) => !agrees(name, flat, top.text_config as Record<string, unknown>, config.text));
  if (contradictions.length > 0) {
    throw new z.ZodError(
      contradictions.map((name) => ({
        code: "custom",
        path: [name],
        input: flat[name],
        message: `contradicts text_config.${name}, which is the one that counts; remove it from the top level`,
      })),
    );
  }
  return config;
}

/** Whether a field at the top level says what text_config says, be it in other words. */
function agrees(name: string, flat: Record<string, unknown>, nested: Record<string, unknown>, text: DecoderConfig): boolean {
  if (isDeepStrictEqual(flat[name], nested[name])) return true;
  const rope = Object.keys(ropeFields); // three keys that only together mean something
  const replaced = rope.includes(name)
    ? Object.fromEntries(rope.flatMap((key) => (key in flat || key in nested ? [[key, flat[key]]] : [])))
    : { [name]: flat[name] };
  const parsed = Text.safeParse({ ...nested, ...replaced });
  return parsed.success && isDeepStrictEqual({ ...parsed.data, tied: text.tied }, text);
}
