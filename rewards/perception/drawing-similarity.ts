import { z } from "zod";
import { defineReward } from "../define.ts";
import { languageOption, likeness, needsEncoder, PictureTarget, renderOptions, tagOption } from "./rendered.ts";
import { region } from "./written.ts";

/** For the examples. */
const WHITE = { width: 8, height: 8, data: new Uint8Array(192).fill(255) };

/**
 * How like the picture the written drawing is, once rendered: the last `<svg …>…</svg>`, or a chart in the part of Vega-Lite that `ChartSpec` takes.
 *
 * It is drawn on white at the picture's size (its longer side `side` at most), scaled to fit from the top left, and compared by SSIM (Gaussian window
 * 11 x 11, sigma 1.5, of luminance), 1 - mean absolute pixel difference, shared colours (8 x 8 x 8 bins), or the cosine of a local encoder's
 * features. A blank page is rather like a picture that is mostly white: train beside a term that it does not earn. Target: a decoded picture. Returns [0, 1]; 0 where nothing can be rendered. Metrics: `rendered`, 1 or 0.
 * Source: RRVF (arXiv:2507.20766), R_vision, with a measure in place of its judge; SSIM, Wang et al. 2004.
 */
export const drawingSimilarity = defineReward({
  name: "drawing_similarity",
  target: PictureTarget,
  field: "image",
  options: z
    .strictObject({ ...languageOption, ...renderOptions, ...tagOption })
    .refine(needsEncoder, "embedding needs an encoder's folder"),
  range: [0, 1],
  examples: [
    {
      completion: "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><rect width='8' height='8' fill='white'/></svg>",
      target: WHITE,
      score: 1,
    },
    {
      completion: "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><rect width='8' height='2'/></svg>",
      target: WHITE,
      options: { metric: "l1" },
      score: 48 / 64,
    },
  ],
  async score({ completion, target, options }) {
    const like = await likeness(region(completion, options.tag), options.language, target, options);
    return { score: like ?? 0, metrics: { rendered: like === null ? 0 : 1 } };
  },
});
