import { z } from "zod";
import type { Picture } from "../../core/types.ts";
import { histogramSimilarity, pixelSimilarity, shrunk, structuralSimilarity } from "../geometry/picture-similarity.ts";
import { EncoderFolder, encodedSimilarity } from "./embedding.ts";
import { chartIn, renderChart } from "./render-chart.ts";
import { lastSvg, renderSvg } from "./render-svg.ts";
import { Tag } from "./written.ts";

const MAX_SIDE = 8192;

/** A decoded picture, as a dataset's `image` column holds it. */
export const PictureTarget = z
  .object({
    width: z.int().min(1).max(MAX_SIDE),
    height: z.int().min(1).max(MAX_SIDE),
    data: z.instanceof(Uint8Array, { error: "expected the pixels of a picture" }),
  })
  .refine(({ width, height, data }) => data.length === width * height * 3, "expected width * height * 3 bytes of RGB");

/** The options of every reward that renders what was written and compares it with a picture. */
export const renderOptions = {
  metric: z
    .enum(["ssim", "l1", "histogram", "embedding"])
    .default("ssim")
    .describe("structure (Gaussian window 11 x 11), mean pixel difference, colours, or an encoder's features"),
  side: z.int().min(8).max(512).default(256).describe("pictures are compared at this longer side, or their own where that is less"),
  encoder: EncoderFolder.optional().describe("embedding: a local folder with an image encoder"),
  font_files: z.array(z.string().min(1)).default([]).describe("fonts to draw text with; without one, text is left out"),
};

export interface RenderOptions {
  metric: "ssim" | "l1" | "histogram" | "embedding";
  side: number;
  encoder?: string;
  font_files: string[];
}

export function needsEncoder({ metric, encoder }: { metric: string; encoder?: string }): boolean {
  return metric !== "embedding" || encoder !== undefined;
}

export const languageOption = { language: z.enum(["svg", "chart"]).default("svg").describe("SVG, or the rendered part of Vega-Lite") };
export const tagOption = { tag: Tag };

/** What is drawn in a text, as a picture of that size; null where nothing is, or it can't be. */
export async function rendering(
  text: string,
  language: "svg" | "chart",
  size: Pick<Picture, "width" | "height">,
  fontFiles: string[],
): Promise<Picture | null> {
  if (language === "svg") {
    const svg = lastSvg(text);
    return svg === null ? null : renderSvg(svg, size, fontFiles);
  }
  const chart = chartIn(text);
  return chart === null ? null : renderChart(chart, size, fontFiles);
}

/** The size at which a picture is compared. */
export function comparedSize({ width, height }: Pick<Picture, "width" | "height">, side: number): { width: number; height: number } {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Likeness in [0, 1] of what a text draws to a picture; null where nothing is drawn. A negative SSIM or cosine is 0. */
export async function likeness(text: string, language: "svg" | "chart", target: Picture, options: RenderOptions): Promise<number | null> {
  const size = comparedSize(target, options.side);
  const drawn = await rendering(text, language, size, options.font_files);
  if (drawn === null) return null;
  const truth = shrunk(target, size.width, size.height);
  const measures = {
    ssim: () => structuralSimilarity(drawn, truth),
    l1: () => pixelSimilarity(drawn, truth),
    histogram: () => histogramSimilarity(drawn, truth),
    embedding: () => encodedSimilarity(drawn, truth, options.encoder!),
  };
  return Math.min(1, Math.max(0, await measures[options.metric]()));
}
