/**
 * Adds an adapter's update to the weight it belongs to, in place: weight += scaling * B A.
 *
 * Shapes: weight [out, in], A [r, in], B [out, r], row by row; r follows from the three lengths.
 * The product is summed in float64 and rounded to float32 once, with the weight added.
 */
export function mergeInto(weight: Float32Array, A: Float32Array, B: Float32Array, scaling: number): void {
  // (r * in) * (out * r) / (out * in) = r * r
  const rank = Math.round(Math.sqrt((A.length * B.length) / weight.length));
  const columns = A.length / rank;
  const rows = B.length / rank;
  if (!Number.isInteger(columns) || !Number.isInteger(rows) || rows * columns !== weight.length) {
    throw new Error(`A of ${A.length} and B of ${B.length} values do not belong to a weight of ${weight.length}`);
  }
  const update = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    update.fill(0);
    for (let k = 0; k < rank; k++) {
      const b = B[row * rank + k]!;
      const from = k * columns;
      for (let j = 0; j < columns; j++) update[j]! += b * A[from + j]!;
    }
    const start = row * columns;
    for (let j = 0; j < columns; j++) weight[start + j] = weight[start + j]! + scaling * update[j]!;
  }
}
