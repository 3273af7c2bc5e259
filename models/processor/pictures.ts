import { z } from "zod";
import type { FileName, FolderFiles } from "./files.ts";
import type { PictureFamily, PictureProcessor, PixelLimits } from "./picture-processor.ts";
import { qwenPictures } from "./qwen-pictures.ts";
import type { ModelConfig } from "./schemas.ts";
import { smolVlmPictures } from "./smolvlm-pictures.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** Families by `image_processor_type`, without the Fast or Pil that names one of transformers' backends. */
const families = new Map<string, PictureFamily>([
  ["SmolVLMImageProcessor", smolVlmPictures],
  ["Idefics3ImageProcessor", smolVlmPictures],
  ["Qwen2VLImageProcessor", qwenPictures],
]);

/**
 * The image processor of a folder, or null where there is none and the model needs none.
 *
 * Sizes and resampling are done here, because transformers.js resizes with other filters: on the golden pictures it is up to 0.2 away
 * from Python where one 8-bit level is 0.008.
 */
export function loadPictures(
  files: FolderFiles,
  model: ModelConfig,
  tokenizer: TextTokenizer,
  limits: PixelLimits,
): PictureProcessor | null {
  // transformers 5 saves the image processor's settings in processor_config.json, and then they count.
  const nested = files.json("processor_config.json", z.object({ image_processor: z.unknown().optional() }))?.image_processor !== undefined;
  const file: FileName = nested ? "processor_config.json" : "preprocessor_config.json";
  if (!files.has(file)) {
    if (model.vision_config === undefined) return null;
    throw files.problem(file, "no such file, and the model takes pictures", "Copy it from where the checkpoint came from.");
  }
  const settings = <T>(schema: z.ZodType<T>): T =>
    nested ? (files.json(file, z.object({ image_processor: schema }))!.image_processor as T) : files.json(file, schema)!;

  const type = settings(z.object({ image_processor_type: z.string() })).image_processor_type;
  const family = families.get(type.replace(/(Fast|Pil)$/, ""));
  if (family === undefined) {
    const message = `no image processor is called ${JSON.stringify(type)} here`;
    const cure = `Use a checkpoint of SmolVLM, Idefics3 or Qwen-VL: ${[...families.keys()].join(", ")}.`;
    throw files.problem(file, message, cure, "image_processor_type");
  }
  return family({ files, model, tokenizer, limits, file, settings });
}
