import { z } from "zod";
import { defineReward } from "../define.ts";
import { anls, errorRate } from "../geometry/edit-distance.ts";
import { region, Tag } from "./written.ts";

const Texts = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  z.array(z.string().regex(/\S/, "expected text that is not blank").max(5000)).min(1).max(64),
);

/**
 * Average normalized Levenshtein similarity of the answer and the nearest of the true ones: 1 - NL where NL < `threshold`, else 0, with
 * NL = edits / characters of the longer, case and outer white space ignored.
 * Target: a text or a list. Returns 0 or (1 - threshold, 1]. Source: ANLS, Biten et al. 2019 (arXiv:1905.13648), threshold 0.5.
 */
export const ocrAnls = defineReward({
  name: "ocr_anls",
  target: Texts,
  field: "text",
  options: z.strictObject({
    threshold: z.number().gt(0).max(1).default(0.5).describe("from this distance on an answer is worth 0"),
    tag: Tag,
  }),
  range: [0, 1],
  examples: [
    { completion: "The cat sat", target: "the cat sat", score: 1 },
    { completion: "the cat sit", target: "the cat sat", score: 1 - 1 / 11 },
  ],
  score: ({ completion, target, options: { threshold, tag } }) =>
    Math.max(...target.map((truth) => anls(region(completion, tag), truth, threshold))),
});

/**
 * 1 - the error rate of a transcription, not below 0: edits over the truth's characters (CER) or words (WER). Runs of white space are one
 * space; `ignore_case` is off unless set. Target: a text, or a list of which the nearest counts. Returns [0, 1].
 * Source: CER and WER as in speech recognition, by Levenshtein distance.
 */
export const ocrErrorRate = defineReward({
  name: "ocr_error_rate",
  target: Texts,
  field: "text",
  options: z.strictObject({
    unit: z.enum(["characters", "words"]).default("characters").describe("what an error is counted in"),
    ignore_case: z.boolean().default(false).describe("upper and lower case are one"),
    tag: Tag,
  }),
  range: [0, 1],
  examples: [
    { completion: "the cat sat", target: "the cat sat", score: 1 },
    { completion: "the cat sit", target: "the cat sat", options: { unit: "words" }, score: 1 - 1 / 3 },
  ],
  score({ completion, target, options: { unit, ignore_case, tag } }) {
    const pieces = (text: string): string[] => {
      const words = (ignore_case ? text.toLowerCase() : text)
        .trim()
        .split(/\s+/)
        .filter((word) => word !== "");
      return unit === "words" ? words : [...words.join(" ")];
    };
    const given = pieces(region(completion, tag));
    return Math.max(...target.map((truth) => Math.max(0, 1 - errorRate(given, pieces(truth)))));
  },
});
