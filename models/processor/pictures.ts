import type { Picture } from "../../core/types.ts";
import type { FolderFiles } from "./files.ts";
import type { Grid } from "./placeholders.ts";
import { ImageConfig, type ModelConfig, ProcessorConfig } from "./schemas.ts";
import { type TileOptions, tilePicture } from "./tiles.ts";

/** A folder's image processor: pictures in, normalised tiles out. */
export interface PictureProcessor {
  /** placeholders for each tile */
  tokensPerTile: number;
  /** side of a tile, pixels */
  tile: number;
  /** `pixels` is [tiles, 3, tile, tile] */
  prepare(picture: Picture): Promise<{ grid: Grid; pixels: Float32Array }>;
}

const known = ["SmolVLMImageProcessor", "Idefics3ImageProcessor"];

/**
 * The image processor of a folder, or null where there is none and the model needs none.
 *
 * Sizes and resampling are done here, because transformers.js resizes with other filters: on the golden pictures it is up to 0.2 away
 * from Python where one 8-bit level is 0.008. Rescaling and normalising are its own, with the folder's numbers.
 */
export async function loadPictureProcessor(files: FolderFiles, model: ModelConfig): Promise<PictureProcessor | null> {
  const processor = files.json("processor_config.json", ProcessorConfig);
  const nested = processor?.image_processor !== undefined;
  const name = nested ? "processor_config.json" : "preprocessor_config.json";
  const config = nested
    ? files.json(name, ProcessorConfig.extend({ image_processor: ImageConfig }))?.image_processor
    : files.json(name, ImageConfig);
  if (config === undefined || config === null) {
    if (model.vision_config === undefined) return null;
    throw files.problem(name, "no such file, and the model takes pictures", "Copy it from where the checkpoint came from.");
  }
  if (!known.includes(config.image_processor_type.replace(/(Fast|Pil)$/, ""))) {
    const message = `no image processor is called ${JSON.stringify(config.image_processor_type)} here`;
    throw files.problem(name, message, `Use a checkpoint of SmolVLM or Idefics3: ${known.join(", ")}.`, "image_processor_type");
  }
  const tile = config.max_image_size.longest_edge;
  const options: TileOptions = {
    size: config.do_resize ? config.size : null,
    tile,
    split: config.do_image_splitting,
    filter: config.resample,
  };
  const normalise = await normaliser(config);
  return {
    tokensPerTile: tokensPerTile(files, model, tile, processor?.image_seq_len),
    tile,
    async prepare(picture) {
      const { tiles, rows, columns } = tilePicture(picture, options);
      const length = 3 * tile * tile;
      const pixels = new Float32Array(tiles.length * length);
      for (const [i, part] of tiles.entries()) pixels.set(await normalise(part), i * length);
      return { grid: { rows, columns }, pixels };
    },
  };
}

/** Rows of features the model makes of a tile, which the folder's own number must meet. */
function tokensPerTile(files: FolderFiles, model: ModelConfig, tile: number, stated: number | undefined): number {
  const patch = model.vision_config?.patch_size ?? 32;
  const side = Math.floor(tile / patch) / model.scale_factor;
  if (!Number.isInteger(side) || side === 0) {
    const message = `tiles of ${tile} pixels, patches of ${patch} and a scale_factor of ${model.scale_factor} make no whole number of rows`;
    throw files.problem("config.json", message, "Let tile / patch be a multiple of scale_factor.", "scale_factor");
  }
  if (stated !== undefined && stated !== side * side) {
    const message = `${stated}, but the model makes ${side * side} of a tile of ${tile} pixels in patches of ${patch}`;
    throw files.problem("processor_config.json", message, `Set image_seq_len to ${side * side}.`, "image_seq_len");
  }
  return side * side;
}

/** Levels 0 to 255 as the model's floats, [3, height, width]. */
async function normaliser(config: ImageConfig): Promise<(tile: Picture) => Promise<Float32Array>> {
  const { RawImage, SmolVLMImageProcessor } = await import("@huggingface/transformers");
  const processor = new SmolVLMImageProcessor({ ...config, do_resize: false, do_pad: false });
  return async ({ data, width, height }) => {
    const { pixel_values } = await processor.preprocess(new RawImage(data, width, height, 3));
    return pixel_values.data as Float32Array;
  };
}
