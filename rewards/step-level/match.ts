import { bestAssignment } from "../assignment.ts";

/** Which given step may stand for which expected one: the same place, any place in the same order, or any place. */
export type Order = "place" | "sequence" | "any";

/**
 * For every given step the expected one it stands for, or -1: each expected step once, so that the agreement is as large as it can be.
 *
 * Shapes: `weights` [A][B] in [0, 1], returns [A]; a pair of weight 0 is none. Time: O(A * B) for place and sequence, O(A * B * min(A, B))
 * for any.
 */
export function matchSteps(weights: readonly (readonly number[])[], order: Order): number[] {
  const expected = weights[0]?.length ?? 0;
  const matched =
    order === "place" ? weights.map((_, i) => (i < expected ? i : -1)) : order === "any" ? bestAssignment(weights) : inSequence(weights);
  return matched.map((j, i) => (j >= 0 && weights[i]![j]! > 0 ? j : -1));
}

/** The heaviest matching that keeps the order: the longest common subsequence, with weights. */
function inSequence(weights: readonly (readonly number[])[]): number[] {
  const [rows, columns] = [weights.length, weights[0]?.length ?? 0];
  // best[i][j]: the most that the given steps from i on and the expected ones from j on can agree
  const best = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1));
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      best[i]![j] = Math.max(best[i + 1]![j]!, best[i]![j + 1]!, weights[i]![j]! + best[i + 1]![j + 1]!);
    }
  }
  const matched = new Array<number>(rows).fill(-1);
  let j = 0;
  for (let i = 0; i < rows && j < columns; ) {
    if (best[i]![j] === best[i + 1]![j]) {
      i++;
    } else if (best[i]![j] === best[i]![j + 1]) {
      j++;
    } else {
      matched[i++] = j++;
    }
  }
  return matched;
}
