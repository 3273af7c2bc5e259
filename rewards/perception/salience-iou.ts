import { z } from "zod";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { boxOptions, NO_PICTURE, readBoxes } from "./box-reading.ts";

const Target = z.array(z.object({ box: Box, salience: z.number().min(0).default(1) })).max(64);

/** `<box>[1,2,3,4]</box>`: whole numbers and no blank, the one spelling that the strict reader takes. */
const STRICT = /^<box>\[[0-9]+,[0-9]+,[0-9]+,[0-9]+\]<\/box>$/;

/**
 * Overlap of the written boxes with the true ones, the important ones counting more.
 *
 *   recall = sum of s_i * max_j IoU(t_i, p_j) / sum of s_i          prec = mean over j of max_i IoU(p_j, t_i)
 *   score  = (recall + prec) / 2 for `mode: dual`, or recall alone, which a shower of boxes can raise
 *
 * Target: list of { box [4], salience >= 0 }; saliences that are all 0 count alike. Units: see `coordinates`.
 * Returns [0, 1]; 0 without boxes, not applicable without targets. Boxes with swapped corners are ignored, as are, unless `lenient`,
 * all but `<box>[1,2,3,4]</box>`. The first 64 are compared; those beyond count in prec, as misses.
 * Metrics: `recall`, `precision`. Source: GRiP (arXiv:2511.22172); how the two are joined is TreeVGR's dual IoU (arXiv:2507.07999).
 */
export const salienceIou = defineReward({
  name: "salience_iou",
  target: Target,
  field: "boxes",
  options: z.strictObject({
    mode: z
      .enum(["dual", "recall"])
      .default("dual")
      .describe("dual: mean of recall and precision; recall: that alone, which many boxes can raise"),
    lenient: z.boolean().default(false).describe("read boxes in every spelling"),
    ...boxOptions,
  }),
  range: [0, 1],
  examples: [
    {
      completion: "<box>[0,0,10,10]</box><box>[20,0,30,10]</box>",
      target: [{ box: [0, 0, 10, 10], salience: 3 }, { box: [20, 0, 30, 10] }],
      score: 1,
    },
    {
      completion: "<box>[0,0,10,10]</box>",
      target: [{ box: [0, 0, 10, 10], salience: 3 }, { box: [20, 0, 30, 10] }],
      score: (3 / 4 + 1) / 2,
    },
  ],
  score(input) {
    const { target, options, completion } = input;
    if (target.length === 0) return null;
    const read = readBoxes({ ...input, completion: options.lenient ? completion : strictOnly(completion) });
    if (read === null) return NO_PICTURE;
    const boxes = read.first.flatMap(({ box }) => (box === null ? [] : [box]));
    const count = boxes.length + read.count - read.first.length;
    const overlaps = boxes.map((box) => target.map((one) => intersectionOverUnion(box, one.box)));
    const total = target.reduce((sum, { salience }) => sum + salience, 0);
    const recall = target.reduce((sum, { salience }, i) => {
      const share = total > 0 ? salience / total : 1 / target.length;
      return sum + share * Math.max(0, ...overlaps.map((row) => row[i]!));
    }, 0);
    const precision = count === 0 ? 0 : overlaps.reduce((sum, row) => sum + Math.max(...row), 0) / count;
    return { score: options.mode === "dual" ? (recall + precision) / 2 : recall, metrics: { recall, precision } };
  },
});

/** The completion with every `<box>` that is not strictly spelt taken out. */
function strictOnly(completion: string): string {
  return [...completion.matchAll(/<box>[^<]*<\/box>|<\/?(?:answer|think)>/g)]
    .map(([token]) => token)
    .filter((token) => !token.startsWith("<box>") || STRICT.test(token))
    .join(" ");
}
