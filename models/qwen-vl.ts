import type { Architecture, Positions } from "../engines/embedded/architecture.ts";
import type { EncodedPrompt } from "../engines/engine.ts";
import { gatherRows } from "../engines/graph/build.ts";
import { decoderShape } from "./causal-lm.ts";
import type { QwenVlConfig } from "./config/types.ts";
import { decoderHead, decoderLayers, decoderParameters, headParameters } from "./decoder.ts";
import { qwenVisionFeatures, qwenVisionParameters } from "./qwen-vision.ts";
import { rotaryAngles } from "./rotary.ts";

/** Prefixes of the checkpoint's names, and what Python's transformers calls those parts. */
interface Names {
  text: string;
  vision: string;
  modules: readonly (readonly [prefix: string, module: string])[];
}

/** Qwen2.5-VL's checkpoints keep the names that it was published with. */
const QWEN_2_5: Names = {
  text: "model.",
  vision: "visual.",
  modules: [
    ["visual.", "model.visual."],
    ["model.", "model.language_model."],
  ],
};
const QWEN_3: Names = { text: "model.language_model.", vision: "model.visual.", modules: [] };

/** Qwen2_5_VLForConditionalGeneration. Source: arXiv:2502.13923. */
export const qwen25Vl = (modelType: string, config: QwenVlConfig): Architecture => qwenVl(modelType, config, QWEN_2_5);
/** Qwen3VLForConditionalGeneration. Source: arXiv:2511.21631. */
export const qwen3Vl = (modelType: string, config: QwenVlConfig): Architecture => qwenVl(modelType, config, QWEN_3);

function qwenVl(modelType: string, { text, vision, imageTokenId }: QwenVlConfig, names: Names): Architecture {
  const merge = vision.mergeSize;
  return {
    modelType,
    parameters: [...qwenVisionParameters(vision, names.vision), ...decoderParameters(text, names.text), ...headParameters(text)],
    ...decoderShape(text),
    vision: {
      placeholderId: imageTokenId,
      layout: ({ shape, grids }) => ({ shape, grids: grids!, features: shape[0]! / merge ** 2 }),
      features: (weights, pixels, layout, prompts) => qwenVisionFeatures(vision, names.vision, weights, pixels, layout, prompts),
    },
    axes: 3,
    positions: (prompt) => picturePositions(prompt, imageTokenId, merge),
    angles: (positions) => rotaryAngles(text.rope, text.headDim, positions, 3),
    embed: (weights, ids) => gatherRows(weights(`${names.text}embed_tokens.weight`), ids),
    decode: (weights, inputs) => decoderLayers(text, names.text, weights, inputs),
    head: (weights, hidden, at = null) => decoderHead(text, names.text, weights, hidden, at),
    moduleOf: (layer) => {
      const renamed = names.modules.find(([prefix]) => layer.startsWith(prefix));
      return renamed === undefined ? layer : renamed[1] + layer.slice(renamed[0].length);
    },
  };
}

/**
 * Text counts on by one on all three axes; a picture's tokens share the time at which it begins and count rows and columns from there, and
 * what follows goes on after its longer side. Source: M-RoPE, Qwen2-VL (arXiv:2409.12191).
 */
export function picturePositions({ tokens, pixels }: EncodedPrompt, imageTokenId: number, merge: number): Positions {
  const length = tokens.length;
  const positions = new Int32Array(3 * length);
  const grids = pixels?.grids ?? [];
  let picture = 0;
  let next = 0;
  for (let t = 0; t < length; ) {
    const grid = tokens[t] === imageTokenId ? grids[picture] : undefined;
    if (grid === undefined) {
      for (let axis = 0; axis < 3; axis++) positions[axis * length + t] = next;
      next++;
      t++;
      continue;
    }
    const [time, height, width] = [grid[0], grid[1] / merge, grid[2] / merge];
    for (let i = 0; i < time * height * width; i++, t++) {
      positions[t] = next + Math.floor(i / (height * width));
      positions[length + t] = next + (Math.floor(i / width) % height);
      positions[2 * length + t] = next + (i % width);
    }
    next += Math.max(time, height, width);
    picture++;
  }
  return { positions, next };
}
