import { z } from "zod";
import { bestAssignment } from "../assignment.ts";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { boxOptions, NO_PICTURE, readBoxes } from "./box-reading.ts";
import { rougeOne } from "./rouge-one.ts";

const Proposal = z.object({ box: Box, label: z.string().regex(/\S/, "expected text that is not blank") });
const MAX_PROPOSALS = 128;

/** Total of the best one-to-one matching over max(predicted, true). */
export function matchedShare(similarities: readonly (readonly number[])[], predicted: number): number {
  const columns = bestAssignment(similarities);
  const total = columns.reduce((sum, column, row) => sum + (column < 0 ? 0 : similarities[row]![column]!), 0);
  return total / Math.max(predicted, similarities.length);
}

/**
 * How well the labelled boxes of the thinking match the reference ones: a pair's likeness is `iou` * IoU + `rouge1` * ROUGE-1 F1 of the
 * labels, pairs are matched one to one for the largest total (Hungarian), and the total is divided by max(predicted, true).
 *
 * Read from the last `<think>…</think>` unless `tag` says otherwise, as JSON objects with `label` and `bbox`. A box without a label keeps its
 * IoU part. The first 128 are matched. Target: list of { box [4], label }; not applicable where it is empty. Units: see `coordinates`.
 * Returns [0, 1] where both weights sum to 1; 0 without boxes.
 * Source: Artemis (arXiv:2512.01988), structured visual reasoning reward; equal weights and the divisor are our reading of it.
 */
export const hungarianProposals = defineReward({
  name: "hungarian_proposals",
  target: z.array(Proposal).max(MAX_PROPOSALS),
  field: "proposals",
  options: z
    .strictObject({
      iou: z.number().min(0).max(1).default(0.5).describe("weight of the overlap"),
      rouge1: z.number().min(0).max(1).default(0.5).describe("weight of the label"),
      ...boxOptions,
      tag: boxOptions.tag.unwrap().default("think").describe("where the boxes are read"),
    })
    .refine(({ iou, rouge1 }) => Math.abs(iou + rouge1 - 1) < 1e-9, "expected iou + rouge1 = 1"),
  range: [0, 1],
  examples: [
    { completion: '<think>[{"label": "dog", "bbox": [0, 0, 10, 10]}]</think>', target: [{ label: "dog", box: [0, 0, 10, 10] }], score: 1 },
    {
      completion: '<think>[{"label": "cat", "bbox": [0, 0, 10, 10]}]</think>',
      target: [{ label: "dog", box: [0, 0, 10, 10] }],
      score: 0.5,
    },
    { completion: "<think>nothing here</think>", target: [], score: null },
  ],
  score(input) {
    const { target, options } = input;
    if (target.length === 0) return null;
    const read = readBoxes(input, MAX_PROPOSALS);
    if (read === null) return NO_PICTURE;
    const similarities = target.map(({ box, label }) =>
      read.first.map((one) => {
        if (one.box === null) return 0;
        return options.iou * intersectionOverUnion(one.box, box) + options.rouge1 * rougeOne(one.label ?? "", label);
      }),
    );
    return matchedShare(similarities, read.count);
  },
});
