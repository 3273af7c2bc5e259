import { z } from "zod";
import { nearest } from "../../core/nearest.ts";

/** Fields of config.json that the forward pass does not depend on, at whatever level they stand. */
const neutralNames = [
  // which file this is and what wrote it
  ...["architectures", "transformers_version", "_name_or_path", "name_or_path", "_commit_hash", "model_type", "tokenizer_class", "prefix"],
  ...["transformers.js_config", "unsloth_version", "unsloth_fixed"],
  // number formats and kernels
  ...["dtype", "torch_dtype", "torchscript", "use_bfloat16", "tf_legacy_loss", "pretraining_tp", "chunk_size_feed_forward"],
  ...["attn_implementation", "_attn_implementation", "_attn_implementation_autoset", "_flash_attn_2_enabled"],
  ...["use_reentrant_checkpointing", "use_cache"],
  // what a Python call returns
  ...["return_dict", "output_hidden_states", "output_attentions", "tie_last_hidden_states", "is_decoder"],
  // token ids; a family that reads one names it itself
  ...["bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "decoder_start_token_id"],
  ...["image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id", "vision_token_id"],
  // heads for other tasks
  ...["id2label", "label2id", "num_labels", "problem_type", "finetuning_task", "task_specific_params"],
  // defaults of generation, which transformers 4 wrote here too
  ...["max_length", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature"],
  ...["top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size"],
  ...["bad_words_ids", "num_return_sequences", "output_scores", "return_dict_in_generate", "forced_bos_token_id"],
  ...["forced_eos_token_id", "remove_invalid_values", "exponential_decay_length_penalty", "suppress_tokens"],
  ...["begin_suppress_tokens"],
  // left over from the code that trained SmolLM2 and SmolVLM; transformers never read them
  ...["is_llama_config", "neftune_noise_alpha", "perceiver_config", "pixel_shuffle_factor", "use_base_siglip"],
  // how a picture is cut and how fast a video runs: the processor's business
  ...["max_image_size", "size", "tokens_per_second"],
  // where windows begin, which only matters to a family that has them and then names the field itself
  "max_window_layers",
];

const neutral = Object.fromEntries(neutralNames.map((name) => [name, z.unknown().optional()]));

/** A field that may be absent or have one of these values; `reason` says why no other and what to do. */
export function only(values: (string | number | boolean | null)[], reason: string) {
  const expected = values
    .filter((value) => value !== null || values.length === 1)
    .map(show)
    .join(" or ");
  return z.literal(values, { error: ({ input }) => `expected ${expected}, got ${show(input)}: ${reason}` }).optional();
}

export function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

const notSupported = "this is not supported";

/** Fields that would change the forward pass, with the value at which they do not. A family that can do more names the field itself. */
const harmless = {
  attention_dropout: only([0, null], "training runs without dropout; set it to 0"),
  qk_layer_norms: only([false, null], notSupported),
  rope_interleaved: only([false, null], "only rotary positions in the half-split form are supported"),
  use_resampler: only([false, null], "pictures become tokens by pixel shuffle, not by a perceiver"),
  partial_rotary_factor: only([1, null], "only a rotation of whole heads is supported"),
  use_mrope: only([false, null], notSupported),
  use_sliding_window: only([false, null], "windows are not supported in this model type"),
  sliding_window: only([null], "windows are not supported in this model type; set it to null"),
  is_encoder_decoder: only([false, null], notSupported),
  add_cross_attention: only([false, null], notSupported),
  cross_attention_hidden_size: only([null], notSupported),
  tie_encoder_decoder: only([false, null], notSupported),
  pruned_heads: z
    .record(z.string(), z.never({ error: "pruned heads are not supported" }))
    .nullable()
    .optional(),
  quantization_config: only([null], "quantised checkpoints are not trained; take the one that this was made from"),
  per_layer_config: only([null], "every layer has the same sizes here"),
  auto_map: only([null], "a checkpoint's own code is not run; remove it if the code does what transformers' class does"),
};

/**
 * An object with these fields, the neutral and the harmless ones, and no others: any other is an issue of its own whose path is
 * the field, so that all of them come out at once.
 */
export function fields<S extends z.ZodRawShape>(shape: S): z.ZodObject<S> {
  return exactly({ ...neutral, ...harmless, ...shape }) as unknown as z.ZodObject<S>;
}

/** An object with these fields and no others. */
export function exactly<S extends z.ZodRawShape>(shape: S): z.ZodObject<S> {
  const names = Object.keys(shape);
  const unknown = z.custom<never>(() => false, {
    error: (issue) => {
      const name = String(issue.path?.at(-1));
      const near = nearest(name, names);
      const cure = near === null ? "remove it if the forward pass does not depend on it" : `did you mean "${near}"?`;
      return `unknown field with the value ${show(issue.input)}; ${cure}`;
    },
  });
  return z.object(shape).catchall(unknown) as unknown as z.ZodObject<S>;
}

export const Size = z.int().min(1);
export const Layers = z.int().min(1).max(10_000);
export const Positive = z.number().gt(0);
export const TokenId = z.int().min(0);

/** Adds a problem at a path below the object that is being read. */
export type Report = (path: (string | number)[], message: string) => void;

/** What a parsed object means; nothing when something was reported. */
export function meaning<I, O>(read: (c: I, report: Report) => O) {
  return (c: I, ctx: z.core.$RefinementCtx): O => {
    let failed = false;
    const result = read(c, (path, message) => {
      failed = true;
      ctx.addIssue({ code: "custom", path, message, input: c });
    });
    return failed ? (z.NEVER as O) : result;
  };
}
