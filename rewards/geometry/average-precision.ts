import { type Box, intersectionOverUnion } from "../box.ts";

export type ApMethod = "coco_101" | "area";

/**
 * Average precision of one picture's boxes at one IoU threshold. The order in which boxes were written stands in for confidence.
 *
 * Boxes are taken in order; each takes the free true box of largest IoU if that is `threshold` or more, as in COCO's evaluation.
 * Precision at a recall is the largest at that recall or beyond. `coco_101`: its mean at recalls 0, 0.01 … 1. `area`: the area under it
 * (PASCAL VOC from 2010 on). A null is a prediction that can't match. Returns [0, 1]; with no true box, 1 for no prediction, else 0.
 * Source: Lin et al. 2014 (arXiv:1405.0312); Everingham et al. 2010.
 */
export function averagePrecision(predicted: readonly (Box | null)[], truth: readonly Box[], threshold: number, method: ApMethod): number {
  if (truth.length === 0) return predicted.length === 0 ? 1 : 0;
  const taken = new Set<number>();
  const recalls: number[] = [];
  const precisions: number[] = [];
  for (const [i, box] of predicted.entries()) {
    let best = -1;
    let overlap = threshold;
    for (const [j, one] of truth.entries()) {
      const iou = box === null || taken.has(j) ? -1 : intersectionOverUnion(box, one);
      if (iou >= overlap) [best, overlap] = [j, iou];
    }
    if (best >= 0) taken.add(best);
    recalls.push(taken.size / truth.length);
    precisions.push(taken.size / (i + 1));
  }
  for (let i = precisions.length - 2; i >= 0; i--) precisions[i] = Math.max(precisions[i]!, precisions[i + 1]!);
  return method === "area" ? area(recalls, precisions) : sampled(recalls, precisions);
}

function area(recalls: number[], precisions: number[]): number {
  return recalls.reduce((sum, recall, i) => sum + (recall - (recalls[i - 1] ?? 0)) * precisions[i]!, 0);
}

function sampled(recalls: number[], precisions: number[]): number {
  let total = 0;
  let at = 0;
  for (let step = 0; step <= 100; step++) {
    while (at < recalls.length && recalls[at]! < step / 100 - 1e-12) at++;
    total += precisions[at] ?? 0;
  }
  return total / 101;
}
