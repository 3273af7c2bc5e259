/** A keypoint: x, y in pixels and COCO's visibility, 0 not labelled, 1 hidden, 2 seen. */
export type Keypoint = [x: number, y: number, visibility: number];

/** Nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles: the 17 of a person, left before right. */
export const COCO_SIGMAS = [26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89].map((value) => value / 1000);

/**
 * Object keypoint similarity: the mean over labelled keypoints of exp(-d^2 / (2 s^2 k^2)), d the distance in pixels, s^2 the object's area
 * and k twice the keypoint's sigma. A missing point counts 0. In [0, 1]; 0 where none is labelled.
 * Shapes: [K] each. Source: COCO keypoint evaluation.
 */
export function keypointSimilarity(
  given: readonly (readonly [number, number] | null)[],
  truth: readonly Keypoint[],
  area: number,
  sigmas: readonly number[],
): number {
  let total = 0;
  let labelled = 0;
  for (const [i, [x, y, visibility]] of truth.entries()) {
    if (visibility === 0) continue;
    labelled++;
    const point = given[i];
    if (point === null || point === undefined) continue;
    const squared = (point[0] - x) ** 2 + (point[1] - y) ** 2;
    total += Math.exp(-squared / (2 * area * (2 * sigmas[i]!) ** 2));
  }
  return labelled === 0 ? 0 : total / labelled;
}
