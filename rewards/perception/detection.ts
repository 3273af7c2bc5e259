import { z } from "zod";
import { bestAssignment } from "../assignment.ts";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { averagePrecision } from "../geometry/average-precision.ts";
import { boxOptions, NO_PICTURE, readBoxes } from "./box-reading.ts";

const MAX_BOXES = 256;
/** Other words for COCO's names. */
const SYNONYMS: Record<string, string> = {
  sofa: "couch",
  man: "person",
  woman: "person",
  people: "person",
  human: "person",
  "tv monitor": "tv",
  television: "tv",
  cellphone: "cell phone",
  "mobile phone": "cell phone",
  puppy: "dog",
  kitten: "cat",
};

/** A label as it is compared: lower case, outer white space gone, COCO's name for its synonyms. */
export function className(label: string): string {
  const plain = label.trim().toLowerCase();
  return Object.hasOwn(SYNONYMS, plain) ? SYNONYMS[plain]! : plain;
}

const Labelled = z.object({ label: z.string().regex(/\S/, "expected text that is not blank"), box: Box });

/**
 * How well the labelled boxes of the completion match the true ones, class by class.
 *
 *   f1   2 hits / (predicted + true), a hit being a pair of one class with IoU >= threshold in the matching of largest total IoU
 *   map  mean over the true classes of the class's average precision (101 points) at `threshold`, in the order written
 * Read as JSON objects with `bbox_2d` or `bbox` and `label`; one without a label counts in f1 as predicted and can't hit. The first 256 count as
 * more than misses. Target: list of { label, box [4] }, at least one. Units: see `coordinates`. Returns [0, 1].
 * Source: Artemis (arXiv:2512.01988), detection; COCO evaluation (arXiv:1405.0312).
 */
export const detection = defineReward({
  name: "detection",
  target: z.array(Labelled).min(1).max(MAX_BOXES),
  field: "objects",
  options: z.strictObject({
    metric: z.enum(["f1", "map"]).default("f1").describe("hits, or mean average precision of the classes"),
    threshold: z.number().gt(0).max(1).default(0.5).describe("the least IoU of a hit"),
    ...boxOptions,
  }),
  range: [0, 1],
  examples: [
    { completion: '[{"bbox_2d": [0, 0, 10, 10], "label": "Puppy"}]', target: [{ label: "dog", box: [0, 0, 10, 10] }], score: 1 },
    { completion: '[{"bbox_2d": [0, 0, 10, 10], "label": "cat"}]', target: [{ label: "dog", box: [0, 0, 10, 10] }], score: 0 },
  ],
  score(input) {
    const { metric, threshold } = input.options;
    const read = readBoxes(input, MAX_BOXES);
    if (read === null) return NO_PICTURE;
    const found = read.first.map(({ box, label }) => ({ box, label: label === null ? null : className(label) }));
    const truth = input.target.map(({ box, label }) => ({ box, label: className(label) }));
    if (metric === "map") {
      const classes = [...new Set(truth.map(({ label }) => label))];
      const of = <T extends { label: string | null }>(items: T[], label: string) => items.filter((item) => item.label === label);
      const boxes = <T>(items: { box: T }[]) => items.map(({ box }) => box);
      const precisions = classes.map((label) => averagePrecision(boxes(of(found, label)), boxes(of(truth, label)), threshold, "coco_101"));
      return precisions.reduce((sum, value) => sum + value, 0) / classes.length;
    }
    const overlaps = truth.map((one) =>
      found.map(({ box, label }) => (box !== null && label === one.label ? intersectionOverUnion(box, one.box) : 0)),
    );
    const hits = bestAssignment(overlaps).filter((column, row) => column >= 0 && overlaps[row]![column]! >= threshold).length;
    return (2 * hits) / (read.count + truth.length);
  },
});
