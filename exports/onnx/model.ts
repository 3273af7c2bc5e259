import { CheckpointError } from "../../core/errors.ts";
import { readLlamaConfig, readQwen2Config, readQwen3Config, readSmolLm3Config, readSmolVlmConfig } from "../../models/config/index.ts";
import type { DecoderConfig } from "../../models/config/types.ts";
import { rotaryAngles } from "../../models/rotary.ts";
import type { Read } from "./blocks.ts";
import type { Angles } from "./decoder.ts";
import type { OnnxExportModel } from "./folder.ts";

type Sizes = Omit<OnnxExportModel, "read">;

function textModel(text: DecoderConfig): Sizes {
  return { kind: "text", text, prefix: "model.", headName: headOf(text) };
}

function smolVlm(json: unknown): Sizes {
  const { text, vision, scaleFactor, imageTokenId } = readSmolVlmConfig(json);
  return { kind: "smolvlm", text, vision, scaleFactor, imageTokenId, prefix: "model.text_model.", headName: headOf(text) };
}

function headOf({ tied }: DecoderConfig): string | null {
  return tied ? null : "lm_head.weight";
}

/** What is exported, by the `model_type` of config.json. Another architecture is a reader and a line here, and its graph. */
const exported: Record<string, (json: unknown) => Sizes> = {
  llama: (json) => textModel(readLlamaConfig(json)),
  smollm3: (json) => textModel(readSmolLm3Config(json)),
  qwen2: (json) => textModel(readQwen2Config(json)),
  qwen3: (json) => textModel(readQwen3Config(json)),
  smolvlm: smolVlm,
  idefics3: smolVlm,
};

/** Throws CheckpointError where an architecture has no ONNX form here; `file` is its config.json. */
export function refuseUnexported(modelType: string, file: string): void {
  if (Object.hasOwn(exported, modelType)) return;
  throw new CheckpointError({
    place: { file },
    field: "model_type",
    message: `"${modelType}" is not exported to ONNX; these are: ${Object.keys(exported).join(", ")}`,
    cure: "Export it for Python and vlrl alone: --format hf.",
  });
}

/** A checked config.json as a model to be written, whose tensors `read` gives; and its angles. */
export function onnxModel(config: { model_type: string }, read: Read): { model: OnnxExportModel; angles: Angles } {
  const sizes = exported[config.model_type]!(config);
  const { rope, headDim } = sizes.text;
  return { model: { ...sizes, read }, angles: (positions) => rotaryAngles(rope, headDim, positions, 1) };
}

/** Numbers that the files of a model hold beside the tables of positions: its own, and a shared embedding that lies in two files. */
export function onnxValues({ text, kind, headName }: OnnxExportModel, parameters: number): number {
  return parameters + (kind === "smolvlm" && headName === null ? text.vocabSize * text.hiddenSize : 0);
}
