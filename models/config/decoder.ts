import { z } from "zod";
import { Layers, only, Positive, type Report, Size } from "./fields.ts";
import { type RopeContext, readRope, ropeFields } from "./rope.ts";
import type { DecoderConfig } from "./types.ts";

/** What a class of transformers takes for fields that are not written down: transformers 4 leaves out what equals it. */
export interface DecoderDefaults {
  vocab_size: number;
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  /** null: as many as num_attention_heads */
  num_key_value_heads: number | null;
  max_position_embeddings: number;
  rms_norm_eps: number;
  tie_word_embeddings: boolean;
}

/** The fields that every decoder has. */
export function decoderFields(defaults: DecoderDefaults) {
  return {
    vocab_size: Size.default(defaults.vocab_size),
    hidden_size: Size.default(defaults.hidden_size),
    intermediate_size: Size.default(defaults.intermediate_size),
    num_hidden_layers: Layers.default(defaults.num_hidden_layers),
    num_attention_heads: Size.default(defaults.num_attention_heads),
    num_key_value_heads: Size.nullable().default(defaults.num_key_value_heads),
    hidden_act: only(["silu"], "only the SwiGLU of Llama is supported"),
    max_position_embeddings: Size.default(defaults.max_position_embeddings),
    initializer_range: Positive.default(0.02),
    rms_norm_eps: Positive.default(defaults.rms_norm_eps),
    tie_word_embeddings: z.boolean().default(defaults.tie_word_embeddings),
    ...ropeFields,
  };
}
type DecoderFields = z.infer<z.ZodObject<ReturnType<typeof decoderFields>>>;

export const HeadDim = z.int().min(2).multipleOf(2);

/** What differs between families beyond the common fields. */
interface DecoderFamily extends Omit<RopeContext, "headDim" | "contextLength"> {
  /** null or absent: hidden_size / num_attention_heads */
  headDim?: number | null;
  bias: DecoderConfig["bias"];
  headNorm?: boolean;
  windows?: (number | null)[];
  rotated?: boolean[];
}

export function decoder(c: DecoderFields, family: DecoderFamily, report: Report): DecoderConfig {
  const heads = c.num_attention_heads;
  const kvHeads = c.num_key_value_heads ?? heads;
  const headDim = family.headDim ?? c.hidden_size / heads;
  if (!Number.isInteger(headDim)) report(["hidden_size"], `${c.hidden_size} is not divisible by num_attention_heads, ${heads}`);
  else if (headDim % 2 !== 0) report(["hidden_size"], `hidden_size / num_attention_heads must be even, got ${headDim}`);
  if (heads % kvHeads !== 0) report(["num_key_value_heads"], `num_attention_heads, ${heads}, is not divisible by ${kvHeads}`);
  const layers = c.num_hidden_layers;
  return {
    vocabSize: c.vocab_size,
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers,
    heads,
    kvHeads,
    headDim,
    normEps: c.rms_norm_eps,
    initializerRange: c.initializer_range,
    contextLength: c.max_position_embeddings,
    tied: c.tie_word_embeddings,
    bias: family.bias,
    headNorm: family.headNorm ?? false,
    windows: family.windows ?? new Array(layers).fill(null),
    rotated: family.rotated ?? new Array(layers).fill(true),
    rope: readRope(c, { headDim, contextLength: c.max_position_embeddings, theta: family.theta, mrope: family.mrope }, report),
  };
}

const LayerTypes = z.array(
  z.enum(["full_attention", "sliding_attention"], {
    error: ({ input }) => `${JSON.stringify(input)} is not supported: a layer is "full_attention" or "sliding_attention"`,
  }),
);

/** Fields of families that have windows. */
export function windowFields(defaults: { sliding_window: number | null }) {
  return {
    use_sliding_window: z.boolean().nullable().default(false),
    sliding_window: Size.nullable().default(defaults.sliding_window),
    layer_types: LayerTypes.nullable().optional(),
  };
}
type WindowFields = z.infer<z.ZodObject<ReturnType<typeof windowFields>>> & { num_hidden_layers: number };

/** The window of each layer: those that layer_types names or, without it, those that `slides` says. */
export function layerWindows(c: WindowFields, slides: (layer: number) => boolean, report: Report): (number | null)[] {
  const window = c.use_sliding_window ? c.sliding_window : null;
  const layers = c.num_hidden_layers;
  if (c.layer_types == null) return Array.from({ length: layers }, (_, i) => (slides(i) ? window : null));
  if (c.layer_types.length !== layers) {
    report(["layer_types"], `expected one for each of ${layers} layers, got ${c.layer_types.length}`);
  }
  return c.layer_types.map((type, i) => {
    if (type === "full_attention") return null;
    if (window === null) report(["layer_types", i], "sliding_attention needs use_sliding_window to be true and a sliding_window");
    return window;
  });
}

export const qwenWindowFields = { ...windowFields({ sliding_window: 4096 }), max_window_layers: z.int().min(0) };

/** Qwen2, Qwen3, Qwen2.5-VL: layers from max_window_layers on have windows. */
export function qwenWindows(c: WindowFields & { max_window_layers: number }, report: Report): (number | null)[] {
  return layerWindows(c, (layer) => layer >= c.max_window_layers, report);
}
