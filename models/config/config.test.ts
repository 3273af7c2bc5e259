import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  readLlamaConfig,
  readQwen2Config,
  readQwen3Config,
  readQwen3VlConfig,
  readQwen25VlConfig,
  readSmolLm3Config,
  readSmolVlmConfig,
} from "./index.ts";

type Json = Record<string, unknown>;

const full = (layers: number) => new Array(layers).fill("full_attention");
const every = <T>(layers: number, value: T) => new Array<T>(layers).fill(value);

/** What a reader objects to, as `path: message`. */
function issues(read: (json: unknown) => unknown, json: unknown): string[] {
  try {
    read(json);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  }
  return [];
}

const readers: Record<string, (json: unknown) => unknown> = {
  llama: readLlamaConfig,
  smollm3: readSmolLm3Config,
  qwen2: readQwen2Config,
  qwen3: readQwen3Config,
  idefics3: readSmolVlmConfig,
  smolvlm: readSmolVlmConfig,
  qwen2_5_vl: readQwen25VlConfig,
  qwen3_vl: readQwen3VlConfig,
};

/** Every tests/fixtures/<name>/ with config.json in the spelling of transformers 5 and config.v4.json in that of 4. */
const fixtures = new URL("../../tests/fixtures/", import.meta.url);
const folders = readdirSync(fixtures).filter((name) => existsSync(new URL(`${name}/config.v4.json`, fixtures)));

describe("tests/fixtures, both spellings", () => {
  const load = (path: string): Json => JSON.parse(readFileSync(new URL(path, fixtures), "utf8"));

  test("are there", () => expect(folders).toEqual(expect.arrayContaining(["llama", "smolvlm"])));

  test.each(folders)("%s", (name) => {
    const v5 = load(`${name}/config.json`);
    const read = readers[v5.model_type as string]!;
    expect(read(load(`${name}/config.v4.json`))).toEqual(read(v5));
  });
});

/** The keys of transformers 4 as transformers 5 spells them. */
function respell({ rope_theta, rope_scaling, torch_dtype, ...rest }: Json): Json {
  const nested = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, /^(text|vision)_config$/.test(name) ? respell(value as Json) : value]),
  );
  if (rope_theta === undefined) return nested;
  const { type, ...scaling } = (rope_scaling ?? {}) as Json;
  const rope_type = scaling.rope_type ?? (type === "mrope" ? "default" : (type ?? "default"));
  return { ...nested, dtype: torch_dtype, rope_parameters: { ...scaling, rope_type, rope_theta } };
}

const llama: Json = { model_type: "llama" };
const smolLm3: Json = { model_type: "smollm3" };
const qwen2: Json = { model_type: "qwen2" };
const qwen3: Json = { model_type: "qwen3" };
const smolVlm: Json = { model_type: "smolvlm", image_token_id: 7 };
const qwen25Vl: Json = { model_type: "qwen2_5_vl", vision_config: { out_hidden_size: 8192 } };
const qwen3Vl: Json = {
  model_type: "qwen3_vl",
  text_config: { rope_theta: 5_000_000 },
  vision_config: { out_hidden_size: 4096 },
};

/** Defaults of the classes in transformers 4.57.6 and 5.18.0, read off configuration_*.py. */
describe("what is not written down", () => {
  const rope = { type: "default", theta: 10_000, sections: null, interleaved: false };
  const llamaDefaults = {
    vocabSize: 32_000,
    hiddenSize: 4096,
    intermediateSize: 11_008,
    layers: 32,
    heads: 32,
    kvHeads: 32,
    headDim: 128,
    normEps: 1e-6,
    initializerRange: 0.02,
    contextLength: 2048,
    tied: false,
    bias: { qkv: false, output: false, mlp: false },
    headNorm: false,
    windows: every(32, null),
    rotated: every(32, true),
    rope,
  };
  const qwen2Defaults = {
    ...llamaDefaults,
    vocabSize: 151_936,
    intermediateSize: 22_016,
    contextLength: 32_768,
    bias: { qkv: true, output: false, mlp: false },
  };
  const qwen3Defaults = { ...qwen2Defaults, bias: llamaDefaults.bias, headNorm: true };

  test("llama", () => {
    expect(readLlamaConfig(llama)).toEqual(llamaDefaults);
    // keys and values follow the heads
    expect(readLlamaConfig({ ...llama, num_attention_heads: 16 })).toMatchObject({ kvHeads: 16, headDim: 256 });
  });

  test("smollm3", () => {
    expect(readSmolLm3Config(smolLm3)).toEqual({
      ...llamaDefaults,
      vocabSize: 128_256,
      hiddenSize: 2048,
      layers: 36,
      heads: 16,
      kvHeads: 4,
      contextLength: 32_768,
      tied: true,
      windows: every(36, null),
      rotated: every(9, [true, true, true, false]).flat(),
      rope: { ...rope, theta: 2_000_000 },
    });
  });

  test("qwen2", () => {
    expect(readQwen2Config(qwen2)).toEqual(qwen2Defaults);
    // 32 keys and values whatever the heads, and as many as heads where it is null
    expect(issues(readQwen2Config, { ...qwen2, num_attention_heads: 16 })).toEqual([
      "num_key_value_heads: num_attention_heads, 16, is not divisible by 32",
    ]);
    expect(readQwen2Config({ ...qwen2, num_attention_heads: 16, num_key_value_heads: null }).kvHeads).toBe(16);
  });

  test("qwen3", () => {
    expect(readQwen3Config(qwen3)).toEqual(qwen3Defaults);
    expect(readQwen3Config({ ...qwen3, hidden_size: 40, num_attention_heads: 4, num_key_value_heads: 2 }).headDim).toBe(128);
  });

  test("smolvlm and idefics3", () => {
    const expected = {
      // without a text_config its rms_norm_eps is not that of a Llama
      text: { ...llamaDefaults, normEps: 1e-5 },
      vision: {
        hiddenSize: 1152,
        intermediateSize: 3072,
        layers: 12,
        heads: 16,
        imageSize: 224,
        patchSize: 32,
        channels: 3,
        normEps: 1e-6,
        initializerRange: 0.02,
      },
      imageTokenId: 7,
      scaleFactor: 7,
    };
    // scale_factor 2 does not divide the default's 7 patches along a side
    expect(issues(readSmolVlmConfig, smolVlm)).toEqual(["scale_factor: 7 patches along a side are not divisible by 2"]);
    expect(readSmolVlmConfig({ ...smolVlm, scale_factor: 7 })).toEqual(expected);
    expect(readSmolVlmConfig({ ...smolVlm, scale_factor: 7, model_type: "idefics3", text_config: {} })).toEqual({
      ...expected,
      text: llamaDefaults,
    });
    const patches = { vision_config: { patch_size: 16 } };
    expect(readSmolVlmConfig({ ...smolVlm, ...patches }).scaleFactor).toBe(2);
    expect(
      readSmolVlmConfig({ ...smolVlm, ...patches, image_token_id: undefined, text_config: { vocab_size: 128_258 } }).imageTokenId,
    ).toBe(128_257);
  });

  test("qwen2_5_vl", () => {
    expect(readQwen25VlConfig(qwen25Vl)).toEqual({
      text: {
        ...qwen2Defaults,
        vocabSize: 152_064,
        hiddenSize: 8192,
        intermediateSize: 29_568,
        layers: 80,
        heads: 64,
        kvHeads: 8,
        normEps: 1e-5,
        windows: every(80, null),
        rotated: every(80, true),
        rope: { ...rope, theta: 1_000_000, sections: [16, 24, 24] },
      },
      vision: {
        layers: 32,
        hiddenSize: 3584,
        intermediateSize: 3420,
        heads: 16,
        channels: 3,
        patchSize: 14,
        temporalPatchSize: 2,
        mergeSize: 2,
        outSize: 8192,
        initializerRange: 0.02,
        theta: 10_000,
        windows: { size: 112, fullLayers: [7, 15, 23, 31] },
        positionSide: null,
        deepstackLayers: [],
      },
      imageTokenId: 151_655,
      videoTokenId: 151_656,
      visionStartTokenId: 151_652,
    });
    expect(issues(readQwen25VlConfig, { model_type: "qwen2_5_vl" })).toEqual([
      "vision_config.out_hidden_size: expected the decoder's hidden_size, 8192, got 3584",
    ]);
  });

  test("qwen3_vl", () => {
    expect(readQwen3VlConfig(qwen3Vl)).toEqual({
      text: {
        ...qwen3Defaults,
        contextLength: 128_000,
        rope: { ...rope, theta: 5_000_000, sections: [24, 20, 20], interleaved: true },
      },
      vision: {
        layers: 27,
        hiddenSize: 1152,
        intermediateSize: 4304,
        heads: 16,
        channels: 3,
        patchSize: 16,
        temporalPatchSize: 2,
        mergeSize: 2,
        outSize: 4096,
        initializerRange: 0.02,
        theta: 10_000,
        windows: null,
        positionSide: 48,
        deepstackLayers: [8, 16, 24],
      },
      imageTokenId: 151_655,
      videoTokenId: 151_656,
      visionStartTokenId: 151_652,
    });
    // 5000000 in transformers 4.57, 500000 in 5.18
    expect(issues(readQwen3VlConfig, { ...qwen3Vl, text_config: {} })).toEqual([
      expect.stringMatching(/^text_config\.rope_theta: missing, and transformers 4 and 5 have different defaults/),
    ]);
  });
});

describe("the Hub's own", () => {
  const smolLm2: Json = {
    architectures: ["LlamaForCausalLM"],
    attention_bias: false,
    attention_dropout: 0.0,
    bos_token_id: 0,
    eos_token_id: 0,
    hidden_act: "silu",
    hidden_size: 576,
    initializer_range: 0.041666666666666664,
    intermediate_size: 1536,
    is_llama_config: true,
    max_position_embeddings: 8192,
    model_type: "llama",
    num_attention_heads: 9,
    num_hidden_layers: 30,
    num_key_value_heads: 3,
    pretraining_tp: 1,
    rms_norm_eps: 1e-5,
    rope_interleaved: false,
    rope_scaling: null,
    rope_theta: 100000,
    tie_word_embeddings: true,
    torch_dtype: "bfloat16",
    "transformers.js_config": { kv_cache_dtype: { q4f16: "float16", fp16: "float16" } },
    transformers_version: "4.40.1",
    use_cache: true,
    vocab_size: 49152,
  };
  test("SmolLM2-135M", () => {
    expect(readLlamaConfig(smolLm2)).toMatchObject({
      vocabSize: 49_152,
      layers: 30,
      heads: 9,
      kvHeads: 3,
      headDim: 64,
      normEps: 1e-5,
      contextLength: 8192,
      tied: true,
      rope: { type: "default", theta: 100_000, sections: null },
    });
  });

  const smolLm3B: Json = {
    architectures: ["SmolLM3ForCausalLM"],
    attention_bias: false,
    attention_dropout: 0.0,
    bos_token_id: 128000,
    eos_token_id: 128012,
    hidden_act: "silu",
    hidden_size: 2048,
    initializer_range: 0.02,
    intermediate_size: 11008,
    layer_types: full(36),
    max_position_embeddings: 65536,
    max_window_layers: 28,
    mlp_bias: false,
    model_type: "smollm3",
    no_rope_layer_interval: 4,
    no_rope_layers: every(9, [1, 1, 1, 0]).flat(),
    num_attention_heads: 16,
    num_hidden_layers: 36,
    num_key_value_heads: 4,
    pad_token_id: 128004,
    pretraining_tp: 2,
    rms_norm_eps: 1e-6,
    rope_scaling: null,
    rope_theta: 5000000.0,
    sliding_window: null,
    torch_dtype: "bfloat16",
    transformers_version: "4.54.0.dev0",
    use_cache: false,
    use_sliding_window: false,
    vocab_size: 128256,
  };
  test("SmolLM3-3B", () => {
    expect(readSmolLm3Config(smolLm3B)).toMatchObject({
      tied: true, // not written down
      headDim: 128,
      contextLength: 65_536,
      rotated: every(9, [true, true, true, false]).flat(),
      windows: every(36, null),
      rope: { theta: 5_000_000 },
    });
  });

  const qwen25: Json = {
    architectures: ["Qwen2ForCausalLM"],
    attention_dropout: 0.0,
    bos_token_id: 151643,
    eos_token_id: 151645,
    hidden_act: "silu",
    hidden_size: 896,
    initializer_range: 0.02,
    intermediate_size: 4864,
    max_position_embeddings: 32768,
    max_window_layers: 21,
    model_type: "qwen2",
    num_attention_heads: 14,
    num_hidden_layers: 24,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-6,
    rope_theta: 1000000.0,
    sliding_window: 32768,
    tie_word_embeddings: true,
    torch_dtype: "bfloat16",
    transformers_version: "4.43.1",
    use_cache: true,
    use_sliding_window: false,
    vocab_size: 151936,
  };
  test("Qwen2.5-0.5B-Instruct", () => {
    const config = readQwen2Config(qwen25);
    expect(config).toMatchObject({ headDim: 64, kvHeads: 2, tied: true, windows: every(24, null), rope: { theta: 1_000_000 } });
  });

  const qwen306: Json = {
    architectures: ["Qwen3ForCausalLM"],
    attention_bias: false,
    attention_dropout: 0.0,
    bos_token_id: 151643,
    eos_token_id: 151645,
    head_dim: 128,
    hidden_act: "silu",
    hidden_size: 1024,
    initializer_range: 0.02,
    intermediate_size: 3072,
    max_position_embeddings: 40960,
    max_window_layers: 28,
    model_type: "qwen3",
    num_attention_heads: 16,
    num_hidden_layers: 28,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-6,
    rope_scaling: null,
    rope_theta: 1000000,
    sliding_window: null,
    tie_word_embeddings: true,
    torch_dtype: "bfloat16",
    transformers_version: "4.51.0",
    use_cache: true,
    use_sliding_window: false,
    vocab_size: 151936,
  };
  test("Qwen3-0.6B", () => {
    const config = readQwen3Config(qwen306);
    expect(config).toMatchObject({ hiddenSize: 1024, headDim: 128, kvHeads: 8, tied: true, headNorm: true });
  });

  // transformers 4.46 left out the 12 vision layers and their width 3072, which are the class's
  const smolVlm256M: Json = {
    architectures: ["Idefics3ForConditionalGeneration"],
    image_token_id: 49190,
    model_type: "idefics3",
    scale_factor: 4,
    text_config: {
      _attn_implementation_autoset: false,
      _flash_attn_2_enabled: true,
      _name_or_path: "None",
      architectures: ["VLlama3ForCausalLM"],
      head_dim: 64,
      hidden_size: 576,
      intermediate_size: 1536,
      is_llama_config: true,
      max_position_embeddings: 8192,
      model_type: "llama",
      neftune_noise_alpha: 0.0,
      num_attention_heads: 9,
      num_hidden_layers: 30,
      num_key_value_heads: 3,
      pad_token_id: 2,
      perceiver_config: {
        _attn_implementation_autoset: false,
        attention_dropout: 0.0,
        hidden_act: "silu",
        model_type: "vllama3",
        num_key_value_heads: 1,
        qk_layer_norms_perceiver: false,
        resampler_depth: 6,
        resampler_head_dim: 96,
        resampler_n_heads: 16,
        resampler_n_latents: 64,
        transformers_version: "4.46.0",
      },
      pixel_shuffle_factor: 4,
      qk_layer_norms: false,
      rms_norm_eps: 1e-5,
      rope_interleaved: false,
      rope_theta: 100000,
      torch_dtype: "bfloat16",
      "transformers.js_config": { kv_cache_dtype: { q4f16: "float16", fp16: "float16" } },
      use_resampler: false,
      vocab_size: 49280,
    },
    tie_word_embeddings: false,
    torch_dtype: "bfloat16",
    "transformers.js_config": { kv_cache_dtype: { q4f16: "float16", fp16: "float16" } },
    transformers_version: "4.46.0",
    use_cache: true,
    use_reentrant_checkpointing: false,
    vision_config: {
      hidden_size: 768,
      image_size: 512,
      max_image_size: { longest_edge: 512 },
      model_type: "idefics3",
      num_attention_heads: 12,
      patch_size: 16,
      size: { longest_edge: 2048 },
      tie_word_embeddings: false,
      use_base_siglip: true,
    },
    vocab_size: 49280,
  };
  test("SmolVLM-256M-Instruct", () => {
    expect(readSmolVlmConfig(smolVlm256M)).toMatchObject({
      text: { vocabSize: 49_280, layers: 30, kvHeads: 3, headDim: 64, tied: false, contextLength: 8192, rope: { theta: 100_000 } },
      vision: { hiddenSize: 768, intermediateSize: 3072, layers: 12, heads: 12, imageSize: 512, patchSize: 16 },
      imageTokenId: 49_190,
      scaleFactor: 4,
    });
  });

  const visionOf3B = {
    depth: 32,
    hidden_act: "silu",
    hidden_size: 1280,
    intermediate_size: 3420,
    num_heads: 16,
    in_chans: 3,
    out_hidden_size: 2048,
    patch_size: 14,
    spatial_merge_size: 2,
    spatial_patch_size: 14,
    window_size: 112,
    fullatt_block_indexes: [7, 15, 23, 31],
    tokens_per_second: 2,
    temporal_patch_size: 2,
  };
  const qwen25Vl3B: Json = {
    architectures: ["Qwen2_5_VLForConditionalGeneration"],
    attention_dropout: 0.0,
    bos_token_id: 151643,
    eos_token_id: 151645,
    vision_start_token_id: 151652,
    vision_end_token_id: 151653,
    vision_token_id: 151654,
    image_token_id: 151655,
    video_token_id: 151656,
    hidden_act: "silu",
    hidden_size: 2048,
    initializer_range: 0.02,
    intermediate_size: 11008,
    max_position_embeddings: 128000,
    max_window_layers: 70,
    model_type: "qwen2_5_vl",
    num_attention_heads: 16,
    num_hidden_layers: 36,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-6,
    rope_theta: 1000000.0,
    sliding_window: 32768,
    tie_word_embeddings: true,
    torch_dtype: "bfloat16",
    transformers_version: "4.41.2",
    use_cache: true,
    use_sliding_window: false,
    vision_config: visionOf3B,
    rope_scaling: { type: "mrope", mrope_section: [16, 24, 24] },
    vocab_size: 151936,
  };
  const textOf3B: Json = {
    architectures: ["Qwen2_5_VLForConditionalGeneration"],
    attention_dropout: 0.0,
    bos_token_id: 151643,
    eos_token_id: 151645,
    hidden_act: "silu",
    hidden_size: 2048,
    image_token_id: null,
    initializer_range: 0.02,
    intermediate_size: 11008,
    max_position_embeddings: 128000,
    max_window_layers: 70,
    model_type: "qwen2_5_vl_text",
    num_attention_heads: 16,
    num_hidden_layers: 36,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-6,
    rope_scaling: { mrope_section: [16, 24, 24], rope_type: "default", type: "default" },
    rope_theta: 1000000.0,
    sliding_window: null,
    tie_word_embeddings: true,
    torch_dtype: "bfloat16",
    use_cache: true,
    use_sliding_window: false,
    video_token_id: null,
    vision_end_token_id: 151653,
    vision_start_token_id: 151652,
    vision_token_id: 151654,
    vocab_size: 151936,
  };
  // saved again by transformers 4.52: everything twice, but not tie_word_embeddings
  const { tie_word_embeddings: _, ...untold } = qwen25Vl3B;
  const savedAgain: Json = {
    ...untold,
    rope_scaling: textOf3B.rope_scaling,
    text_config: textOf3B,
    vision_config: { ...visionOf3B, in_channels: 3, initializer_range: 0.02, model_type: "qwen2_5_vl" },
  };
  test("Qwen2.5-VL-3B-Instruct, flat as on the Hub and as saved again by transformers 4.52", () => {
    const config = readQwen25VlConfig(qwen25Vl3B);
    expect(config).toMatchObject({
      text: {
        hiddenSize: 2048,
        layers: 36,
        kvHeads: 2,
        headDim: 128,
        normEps: 1e-6,
        tied: true,
        contextLength: 128_000,
        windows: every(36, null),
        rope: { type: "default", theta: 1_000_000, sections: [16, 24, 24], interleaved: false },
      },
      vision: { layers: 32, hiddenSize: 1280, outSize: 2048, windows: { size: 112, fullLayers: [7, 15, 23, 31] } },
    });
    expect(readQwen25VlConfig(savedAgain)).toEqual(config);
  });

  test("Qwen2.5-VL: fields at both levels that disagree, and typos at either", () => {
    expect(issues(readQwen25VlConfig, { ...savedAgain, hidden_size: 1024 })).toEqual([
      "hidden_size: contradicts text_config.hidden_size, which is the one that counts; remove it from the top level",
    ]);
    expect(issues(readQwen25VlConfig, { ...savedAgain, rope_theta: 500000 })).toEqual([expect.stringMatching(/^rope_theta: contradicts/)]);
    expect(issues(readQwen25VlConfig, { ...savedAgain, attention_dropout: 0.1 })).toEqual([
      expect.stringMatching(/^attention_dropout: contra/),
    ]);
    // the decoder's fields have no path of their own in a flat file
    expect(issues(readQwen25VlConfig, { ...qwen25Vl3B, hiden_size: 2048 })).toEqual([
      'hiden_size: unknown field with the value 2048; did you mean "hidden_size"?',
    ]);
    expect(issues(readQwen25VlConfig, { ...qwen25Vl3B, attention_dropout: 0.1 })).toEqual([
      "attention_dropout: expected 0, got 0.1: training runs without dropout; set it to 0",
    ]);
    expect(issues(readQwen25VlConfig, { ...savedAgain, text_config: { ...textOf3B, head_dim: 64 } })).toEqual([
      expect.stringMatching(/^text_config\.head_dim: unknown field/),
    ]);
  });

  const qwen3Vl2B: Json = {
    architectures: ["Qwen3VLForConditionalGeneration"],
    image_token_id: 151655,
    model_type: "qwen3_vl",
    text_config: {
      attention_bias: false,
      attention_dropout: 0.0,
      bos_token_id: 151643,
      dtype: "bfloat16",
      eos_token_id: 151645,
      head_dim: 128,
      hidden_act: "silu",
      hidden_size: 2048,
      initializer_range: 0.02,
      intermediate_size: 6144,
      max_position_embeddings: 262144,
      model_type: "qwen3_vl_text",
      num_attention_heads: 16,
      num_hidden_layers: 28,
      num_key_value_heads: 8,
      rms_norm_eps: 1e-6,
      rope_scaling: { mrope_interleaved: true, mrope_section: [24, 20, 20], rope_type: "default" },
      rope_theta: 5000000,
      tie_word_embeddings: true,
      use_cache: true,
      vocab_size: 151936,
    },
    tie_word_embeddings: true,
    transformers_version: "4.57.0.dev0",
    video_token_id: 151656,
    vision_config: {
      deepstack_visual_indexes: [5, 11, 17],
      depth: 24,
      hidden_act: "gelu_pytorch_tanh",
      hidden_size: 1024,
      in_channels: 3,
      initializer_range: 0.02,
      intermediate_size: 4096,
      model_type: "qwen3_vl",
      num_heads: 16,
      num_position_embeddings: 2304,
      out_hidden_size: 2048,
      patch_size: 16,
      spatial_merge_size: 2,
      temporal_patch_size: 2,
    },
    vision_end_token_id: 151653,
    vision_start_token_id: 151652,
  };
  test("Qwen3-VL-2B-Instruct", () => {
    const config = readQwen3VlConfig(qwen3Vl2B);
    expect(config).toMatchObject({
      text: { tied: true, headDim: 128, kvHeads: 8, rope: { theta: 5_000_000, sections: [24, 20, 20], interleaved: true } },
      vision: { layers: 24, positionSide: 48, deepstackLayers: [5, 11, 17], windows: null },
    });
  });

  test("all of them with the keys of transformers 5", () => {
    for (const config of [smolLm2, smolLm3B, qwen25, qwen306, smolVlm256M, qwen25Vl3B, savedAgain, qwen3Vl2B]) {
      const read = readers[config.model_type as string]!;
      const respelled = respell(config);
      expect(JSON.stringify(respelled)).toContain("rope_parameters");
      expect(read(respelled)).toEqual(read(config));
    }
  });
});

describe("refused", () => {
  test.each<[string, Json, string]>([
    ["unknown", { hidden_sizes: 8 }, 'hidden_sizes: unknown field with the value 8; did you mean "hidden_size"?'],
    ["unknown, like nothing", { zzz: null }, "zzz: unknown field with the value null; remove it if the forward pass does not depend on it"],
    ["dropout", { attention_dropout: 0.1 }, "attention_dropout: expected 0, got 0.1: training runs without dropout; set it to 0"],
    [
      "quantised",
      { quantization_config: { bits: 4 } },
      'quantization_config: expected null, got {"bits":4}: quantised checkpoints are not',
    ],
    ["qk norms", { qk_layer_norms: true }, "qk_layer_norms: expected false, got true: this is not supported"],
    ["pairs", { rope_interleaved: true }, "rope_interleaved: expected false, got true: only rotary positions in the half-split form"],
    ["perceiver", { use_resampler: true }, "use_resampler: expected false, got true: pictures become tokens by pixel shuffle"],
    ["pruned heads", { pruned_heads: { 0: [1] } }, "pruned_heads.0: pruned heads are not supported"],
    ["own code", { auto_map: { AutoModel: "x" } }, 'auto_map: expected null, got {"AutoModel":"x"}: a checkpoint\'s own code is not run'],
    ["windows of a Llama", { sliding_window: 4096 }, "sliding_window: expected null, got 4096: windows are not supported"],
    ["windows of a Llama", { use_sliding_window: true }, "use_sliding_window: expected false, got true: windows are not supported"],
    ["part of a head", { partial_rotary_factor: 0.5 }, "partial_rotary_factor: expected 1, got 0.5: only a rotation of whole heads"],
    ["activation", { hidden_act: "gelu" }, 'hidden_act: expected "silu", got "gelu": only the SwiGLU of Llama is supported'],
    ["heads", { num_attention_heads: 30, num_key_value_heads: 30 }, "hidden_size: 4096 is not divisible by num_attention_heads, 30"],
    ["kv heads", { num_key_value_heads: 3 }, "num_key_value_heads: num_attention_heads, 32, is not divisible by 3"],
    ["odd head_dim", { head_dim: 5 }, "head_dim: "],
    ["odd head_dim, derived", { hidden_size: 96 }, "hidden_size: hidden_size / num_attention_heads must be even, got 3"],
    ["type", { hidden_size: "8" }, "hidden_size: "],
    [
      "longrope",
      { rope_scaling: { type: "longrope" } },
      'rope_scaling.type: "longrope" is not supported: it must be one of default, linear',
    ],
    ["mrope of a Llama", { rope_scaling: { type: "mrope" } }, 'rope_scaling.type: "mrope" is not supported'],
    [
      "two types",
      { rope_scaling: { type: "linear", rope_type: "yarn", factor: 2 } },
      'rope_scaling.type: "linear" contradicts rope_type "yarn"',
    ],
    ["no factor", { rope_scaling: { type: "linear" } }, "rope_scaling.factor: "],
    ["factor", { rope_parameters: { rope_type: "dynamic", factor: 0.5 } }, "rope_parameters.factor: "],
    ["a number of another type", { rope_scaling: { factor: 2 } }, "rope_scaling.factor: unknown field with the value 2"],
    [
      "rope typo",
      { rope_parameters: { rope_thetas: 1e4 } },
      'rope_parameters.rope_thetas: unknown field with the value 10000; did you mean "rope_theta"?',
    ],
    ["nested by layer type", { rope_parameters: { full_attention: {} } }, "rope_parameters.full_attention: unknown field"],
    ["sections of a Llama", { rope_scaling: { mrope_section: [16, 24, 24] } }, "rope_scaling.mrope_section: unknown field"],
    ["both spellings", { rope_parameters: { rope_type: "default" }, rope_scaling: {} }, "rope_scaling: given beside rope_parameters"],
    [
      "two thetas",
      { rope_theta: 1e4, rope_parameters: { rope_theta: 1e5 } },
      "rope_theta: 10000 contradicts rope_parameters.rope_theta, 100000",
    ],
    [
      "llama3 bands",
      { rope_scaling: { rope_type: "llama3", factor: 8, low_freq_factor: 4, high_freq_factor: 4 } },
      "rope_scaling.high_freq_factor: expected more than low_freq_factor, 4, got 4",
    ],
  ])("llama, %s: %j", (_, change, expected) => {
    const found = issues(readLlamaConfig, { ...llama, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]!.slice(0, expected.length)).toBe(expected);
  });

  test.each<[string, (json: unknown) => unknown, Json, string]>([
    [
      "layer type",
      readQwen2Config,
      { ...qwen2, num_hidden_layers: 1, layer_types: ["chunked_attention"] },
      'layer_types.0: "chunked_attention" is not supported',
    ],
    ["layer count", readQwen2Config, { ...qwen2, layer_types: full(2) }, "layer_types: expected one for each of 32 layers, got 2"],
    [
      "window",
      readQwen3Config,
      { ...qwen3, num_hidden_layers: 1, layer_types: ["sliding_attention"] },
      "layer_types.0: sliding_attention needs",
    ],
    [
      "short no_rope_layers",
      readSmolLm3Config,
      { ...smolLm3, no_rope_layers: [1, 0] },
      "no_rope_layers: expected one for each of 36 layers, got 2",
    ],
    ["another model", readQwen2Config, llama, "model_type: "],
    ["bias of Qwen2", readQwen2Config, { ...qwen2, attention_bias: true }, "attention_bias: unknown field with the value true"],
    ["decoder", readSmolVlmConfig, { ...smolVlm, text_config: { model_type: "mistral" } }, "text_config.model_type: only a Llama decoder"],
    [
      "nested typo",
      readSmolVlmConfig,
      { ...smolVlm, text_config: { hiden_size: 8 } },
      'text_config.hiden_size: unknown field with the value 8; did you mean "hidden_size"?',
    ],
    [
      "nested rope",
      readSmolVlmConfig,
      { ...smolVlm, text_config: { rope_scaling: { type: "su" } } },
      'text_config.rope_scaling.type: "su" is not',
    ],
    [
      "tower",
      readSmolVlmConfig,
      { ...smolVlm, vision_config: { model_type: "clip_vision_model" } },
      "vision_config.model_type: only the SigLIP",
    ],
    [
      "patches",
      readSmolVlmConfig,
      { ...smolVlm, vision_config: { patch_size: 15 } },
      "vision_config.image_size: 224 is not divisible by patch_size, 15",
    ],
    [
      "vocab_size",
      readSmolVlmConfig,
      { ...smolVlm, scale_factor: 7, vocab_size: 9 },
      "vocab_size: 9 contradicts text_config.vocab_size, 32000",
    ],
    [
      "image token",
      readSmolVlmConfig,
      { ...smolVlm, scale_factor: 7, image_token_id: 32000 },
      "image_token_id: 32000 is not below text_config.vocab_size",
    ],
    [
      "ties",
      readSmolVlmConfig,
      { ...smolVlm, scale_factor: 7, text_config: { tie_word_embeddings: true } },
      "text_config.tie_word_embeddings: true here",
    ],
    [
      "sections",
      readQwen25VlConfig,
      { ...qwen25Vl, text_config: { rope_scaling: { mrope_section: [1, 2, 3] } } },
      "text_config.rope_scaling.mrope_section: [1,2,3] must",
    ],
    [
      "order",
      readQwen25VlConfig,
      { ...qwen25Vl, rope_scaling: { mrope_interleaved: true } },
      "rope_scaling.mrope_interleaved: expected false, got true",
    ],
    [
      "window_size",
      readQwen25VlConfig,
      { ...qwen25Vl, vision_config: { window_size: 14 } },
      "vision_config.window_size: expected a merged patch or more, 28",
    ],
    [
      "in_chans",
      readQwen25VlConfig,
      { ...qwen25Vl, vision_config: { in_chans: 1 } },
      "vision_config.in_chans: 1 contradicts in_channels, 3",
    ],
    [
      "order",
      readQwen3VlConfig,
      { ...qwen3Vl, text_config: { rope_theta: 5e6, rope_scaling: { mrope_interleaved: false } } },
      "text_config.rope_scaling.mrope_interleaved: expected true",
    ],
    [
      "deepstack",
      readQwen3VlConfig,
      { ...qwen3Vl, vision_config: { depth: 20 } },
      "vision_config.deepstack_visual_indexes.2: there is no layer 24: depth is 20",
    ],
    [
      "table",
      readQwen3VlConfig,
      { ...qwen3Vl, vision_config: { num_position_embeddings: 50 } },
      "vision_config.num_position_embeddings: 50 is not a square",
    ],
    [
      "vision rope",
      readQwen3VlConfig,
      { ...qwen3Vl, vision_config: { rope_parameters: { rope_type: "yarn" } } },
      'vision_config.rope_parameters.rope_type: expected "axial"',
    ],
  ])("%s", (_, read, json, expected) => {
    const found = issues(read, json);
    expect(found).toHaveLength(1);
    expect(found[0]!.slice(0, expected.length)).toBe(expected);
  });

  test("all at once", () => {
    const found = issues(readSmolVlmConfig, {
      ...smolVlm,
      scale_facter: 2,
      text_config: { hiden_size: 8, attention_dropout: 0.5 },
      vision_config: { hidden_act: "relu" },
    });
    expect(found.map((issue) => issue.split(":")[0]).sort()).toEqual([
      "scale_facter",
      "text_config.attention_dropout",
      "text_config.hiden_size",
      "vision_config.hidden_act",
    ]);
  });

  test.each([null, 3, "x", []])("not an object: %j", (json) => {
    for (const read of [readLlamaConfig, readSmolVlmConfig, readQwen25VlConfig]) expect(issues(read, json)).toHaveLength(1);
  });
});

describe("windows and rotated layers", () => {
  test("Qwen: from max_window_layers on, or as layer_types says", () => {
    const windowed = { num_hidden_layers: 3, use_sliding_window: true, sliding_window: 16 };
    expect(readQwen2Config({ ...qwen2, ...windowed, max_window_layers: 1 }).windows).toEqual([null, 16, 16]);
    expect(readQwen2Config({ ...qwen2, ...windowed }).windows).toEqual([null, null, null]); // 28 layers without windows
    expect(readQwen3Config({ ...qwen3, num_hidden_layers: 2, use_sliding_window: true, max_window_layers: 0 }).windows).toEqual([
      4096, 4096,
    ]);
    const types = ["sliding_attention", "full_attention", "sliding_attention"];
    expect(readQwen3Config({ ...qwen3, ...windowed, layer_types: types }).windows).toEqual([16, null, 16]);
    expect(readQwen3Config({ ...qwen3, ...windowed, use_sliding_window: false, max_window_layers: 0 }).windows).toEqual([null, null, null]);
  });

  test("SmolLM3: layers without rotation are those that have windows", () => {
    const config = readSmolLm3Config({
      ...smolLm3,
      num_hidden_layers: 4,
      no_rope_layer_interval: 2,
      use_sliding_window: true,
      sliding_window: 8,
    });
    expect(config.rotated).toEqual([true, false, true, false]);
    expect(config.windows).toEqual([null, 8, null, 8]);
    const listed = readSmolLm3Config({ ...smolLm3, num_hidden_layers: 2, no_rope_layers: [0, 1, 1], layer_types: full(2) });
    expect(listed.rotated).toEqual([false, true]); // it may be longer than the layers
    expect(listed.windows).toEqual([null, null]);
  });
});

describe("rope", () => {
  const rope = (change: Json) => readLlamaConfig({ ...llama, ...change }).rope;
  const common = { theta: 10_000, sections: null, interleaved: false };

  test("both spellings of every type", () => {
    for (const numbers of [
      { factor: 2, as: "linear" },
      { factor: 2, as: "dynamic" },
      { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 1024, as: "llama3" },
      { factor: 4, original_max_position_embeddings: 512, as: "yarn" },
    ]) {
      const { as: type, ...rest } = numbers;
      const v5 = rope({ rope_parameters: { rope_type: type, rope_theta: 5e5, ...rest } });
      expect(v5).toMatchObject({ type, theta: 5e5, factor: numbers.factor });
      expect(rope({ rope_theta: 5e5, rope_scaling: { type, ...rest } })).toEqual(v5);
      expect(rope({ rope_theta: 5e5, rope_scaling: { type, rope_type: type, ...rest } })).toEqual(v5);
    }
  });

  test("what a type leaves out", () => {
    expect(rope({ rope_scaling: { type: "dynamic", factor: 2 } })).toEqual({
      ...common,
      type: "dynamic",
      factor: 2,
      originalContextLength: 2048,
    });
    const yarn = { type: "yarn", originalContextLength: 2048, betaFast: 32, betaSlow: 1, truncate: true };
    // attention factor 0.1 ln(4) + 1
    expect(rope({ rope_scaling: { type: "yarn", factor: 4 } })).toEqual({
      ...common,
      ...yarn,
      factor: 4,
      attentionFactor: 0.1 * Math.log(4) + 1,
    });
    // mscale counts beside mscale_all_dim only: (0.05 ln(4) + 1) / (0.2 ln(4) + 1)
    const scaled = (mscale: Json) => rope({ rope_scaling: { type: "yarn", factor: 4, ...mscale } });
    expect(scaled({ mscale: 0.5 })).toMatchObject({ attentionFactor: 0.1 * Math.log(4) + 1 });
    expect(scaled({ mscale: 0.5, mscale_all_dim: 2 })).toMatchObject({
      attentionFactor: (0.05 * Math.log(4) + 1) / (0.2 * Math.log(4) + 1),
    });
    expect(scaled({ mscale: 0.5, mscale_all_dim: 2, attention_factor: 3 })).toMatchObject({ attentionFactor: 3 });
    // 2048 / 512
    expect(rope({ rope_scaling: { type: "yarn", factor: null, original_max_position_embeddings: 512 } })).toMatchObject({ factor: 4 });
    expect(rope({ rope_scaling: {} })).toEqual({ ...common, type: "default" });
  });
});

test("Qwen2.5-VL is tied where either level says so", () => {
  expect(readQwen25VlConfig({ ...qwen25Vl, tie_word_embeddings: true, text_config: {} }).text.tied).toBe(true);
  expect(readQwen25VlConfig({ ...qwen25Vl, text_config: { tie_word_embeddings: true } }).text.tied).toBe(true);
  expect(readQwen25VlConfig({ ...qwen25Vl, tie_word_embeddings: false, text_config: {} }).text.tied).toBe(false);
});

test("what transformers 4 dumped of its generation defaults passes", () => {
  const dumped = {
    num_beams: 1,
    temperature: 1.0,
    top_k: 50,
    top_p: 1.0,
    typical_p: 1.0,
    bad_words_ids: null,
    do_sample: false,
    pruned_heads: {},
  };
  const heads = {
    id2label: { 0: "LABEL_0" },
    label2id: { LABEL_0: 0 },
    is_decoder: false,
    is_encoder_decoder: false,
    tie_encoder_decoder: false,
  };
  expect(readLlamaConfig({ ...llama, ...dumped, ...heads })).toEqual(readLlamaConfig(llama));
});
