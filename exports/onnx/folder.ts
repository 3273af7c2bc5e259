import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { DecoderConfig, SiglipConfig } from "../../models/config/types.ts";
import type { Read } from "./blocks.ts";
import { type Angles, type DecoderExport, embeddingsDecoder, languageModel, tokenEmbedder } from "./decoder.ts";
import type { OnnxGraph } from "./graph.ts";
import { visionEncoder } from "./vision.ts";
import { writeOnnx } from "./write.ts";

/** A model to be written as ONNX: its sizes, and its tensors by their names in the checkpoint. */
export interface OnnxExportModel {
  kind: "text" | "smolvlm";
  text: DecoderConfig;
  /** SmolVLM's */
  vision?: SiglipConfig;
  scaleFactor?: number;
  imageTokenId?: number;
  /** what stands before the names of the language model: "model." or "model.text_model." */
  prefix: string;
  /** the head's tensor, null where it is the embedding */
  headName: string | null;
  read: Read;
}

export interface WriteOptions {
  /** weights of more than this many bytes lie beside their model, not in it */
  inlineBytes?: number;
}

/**
 * Writes the ONNX files that transformers.js looks for below `folder`: `onnx/model.onnx` of a language model; of SmolVLM
 * `onnx/embed_tokens.onnx`, `onnx/vision_encoder.onnx` and `onnx/decoder_model_merged.onnx`. Everything in float32.
 * Positions reach up to the model's contextLength; ONNX Runtime refuses later ones.
 * Gives the files written, relative to the folder. config.json, the tokenizer and the processor are the caller's to put beside them: see
 * `transformersJsFields`. Throws CheckpointError where the disk is full.
 */
export async function writeOnnxFolder(
  folder: string,
  model: OnnxExportModel,
  angles: Angles,
  options: WriteOptions = {},
): Promise<string[]> {
  await mkdir(join(folder, "onnx"), { recursive: true });
  const written: string[] = [];
  for (const [name, graph] of Object.entries(graphs(model, angles))) {
    const paths = await writeOnnx(join(folder, "onnx", `${name}.onnx`), graph(), options);
    written.push(...paths.map((path) => relative(folder, path).replaceAll("\\", "/")));
  }
  return written;
}

function graphs(model: OnnxExportModel, angles: Angles): Record<string, () => OnnxGraph> {
  const { text, vision, scaleFactor, prefix, headName, read } = model;
  const decoder: DecoderExport = { config: text, prefix, headName, read, angles };
  if (model.kind === "text") return { model: () => languageModel(decoder) };
  if (vision === undefined || scaleFactor === undefined) throw new Error("SmolVLM is exported with its vision config and scale factor");
  return {
    embed_tokens: () => tokenEmbedder(decoder),
    vision_encoder: () => visionEncoder({ config: vision, scaleFactor, hiddenSize: text.hiddenSize, read }),
    decoder_model_merged: () => embeddingsDecoder(decoder),
  };
}

type Fields = Record<string, unknown>;

/**
 * What transformers.js reads of config.json beyond what every checkpoint says there, for the `files` that `writeOnnxFolder` gave. Sizes that
 * some checkpoints leave to be derived are spelled out; `withFields` puts it all in.
 */
export function transformersJsFields({ kind, text, imageTokenId }: OnnxExportModel, files: readonly string[]): Fields {
  const sizes: Fields = {
    num_hidden_layers: text.layers,
    num_attention_heads: text.heads,
    num_key_value_heads: text.kvHeads,
    hidden_size: text.hiddenSize,
    head_dim: text.headDim,
    max_position_embeddings: text.contextLength,
  };
  const beside = files.filter((file) => file.endsWith(".onnx_data")).map((file) => file.replace(/^.*\//, "").replace(/_data$/, ""));
  const runtime: Fields = {
    dtype: "fp32", // in a browser it would look for quantised files
    ...(beside.length > 0 ? { use_external_data_format: Object.fromEntries(beside.map((file) => [file, 1])) } : {}),
  };
  if (kind === "text") return { ...sizes, "transformers.js_config": runtime };
  return {
    ...(imageTokenId === undefined ? {} : { image_token_id: imageTokenId }),
    text_config: { model_type: "llama", ...sizes },
    "transformers.js_config": runtime,
  };
}

/** A config.json with `fields` put in: objects into the objects of the same name, everything else in place of what was there. */
export function withFields(config: Fields, fields: Fields): Fields {
  const out = { ...config };
  for (const [key, value] of Object.entries(fields)) {
    const old = out[key];
    out[key] = isObject(old) && isObject(value) ? withFields(old, value) : value;
  }
  return out;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
