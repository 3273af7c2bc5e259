import { z } from "zod";
import { exactly, only, Positive, type Report, Size } from "./fields.ts";
import type { DecoderConfig, QwenVisionConfig } from "./types.ts";

/** What the vision towers of Qwen2.5-VL and Qwen3-VL have in common. */
export const qwenVisionFields = {
  num_heads: Size.default(16),
  in_channels: Size.default(3),
  spatial_merge_size: Size.default(2),
  temporal_patch_size: Size.default(2),
  out_hidden_size: Size.default(3584),
  initializer_range: Positive.default(0.02),
  rope_parameters: exactly({
    rope_theta: Positive.gt(1).default(10_000),
    rope_type: only(["axial", "default"], "the vision tower rotates by row and column"),
  })
    .nullable()
    .optional(),
  // second names in the Hub's configs, which transformers does not read
  in_chans: Size.optional(),
  spatial_patch_size: Size.optional(),
  tie_word_embeddings: z.unknown().optional(),
};

type QwenVisionFields = z.infer<z.ZodObject<typeof qwenVisionFields>> & {
  depth: number;
  hidden_size: number;
  intermediate_size: number;
  patch_size: number;
};

export function qwenVision(
  c: QwenVisionFields,
  rest: Pick<QwenVisionConfig, "windows" | "positionSide" | "deepstackLayers">,
  report: Report,
): QwenVisionConfig {
  const { hidden_size: hidden, num_heads: heads } = c;
  // half of a head rotates with the row and half with the column, each in pairs
  if (hidden % (4 * heads) !== 0) report(["hidden_size"], `${hidden} is not divisible by 4 * num_heads, ${4 * heads}`);
  if (c.in_chans !== undefined && c.in_chans !== c.in_channels) {
    report(["in_chans"], `${c.in_chans} contradicts in_channels, ${c.in_channels}`);
  }
  if (c.spatial_patch_size !== undefined && c.spatial_patch_size !== c.patch_size) {
    report(["spatial_patch_size"], `${c.spatial_patch_size} contradicts patch_size, ${c.patch_size}`);
  }
  return {
    layers: c.depth,
    hiddenSize: hidden,
    intermediateSize: c.intermediate_size,
    heads,
    channels: c.in_channels,
    patchSize: c.patch_size,
    temporalPatchSize: c.temporal_patch_size,
    mergeSize: c.spatial_merge_size,
    outSize: c.out_hidden_size,
    initializerRange: c.initializer_range,
    theta: c.rope_parameters?.rope_theta ?? 10_000,
    ...rest,
  };
}

export function checkOutSize(vision: QwenVisionConfig, text: DecoderConfig, report: Report) {
  if (vision.outSize === text.hiddenSize) return;
  report(["vision_config", "out_hidden_size"], `expected the decoder's hidden_size, ${text.hiddenSize}, got ${vision.outSize}`);
}
