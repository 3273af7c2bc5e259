import { bestAssignment } from "./assignment.ts";
import { type Box, intersectionOverUnion } from "./box.ts";

/**
 * Written boxes matched one to one with true ones so that the total IoU is largest. A null is what was no box, and overlaps nothing.
 * Returns the IoU of each true box's match, [truth], and of each written one's, [written]; 0 where there is none.
 */
export function matchBoxes(written: readonly (Box | null)[], truth: readonly Box[]): { ofTruth: number[]; ofWritten: number[] } {
  const overlaps = truth.map((one) => written.map((box) => (box === null ? 0 : intersectionOverUnion(box, one))));
  const columns = bestAssignment(overlaps);
  const ofTruth = columns.map((column, row) => (column < 0 ? 0 : overlaps[row]![column]!));
  const ofWritten = written.map((_, column) => {
    const row = columns.indexOf(column);
    return row < 0 ? 0 : ofTruth[row]!;
  });
  return { ofTruth, ofWritten };
}
