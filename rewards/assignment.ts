/**
 * The one-to-one matching of rows to columns with the largest total weight.
 *
 * Shapes: `weights` [rows][columns], finite. Returns [rows]: the column of each row, or -1 for rows left over when there are
 * more rows than columns. Time: O(n^2 m) with n the smaller side.
 * Source: the Hungarian method with shortest augmenting paths and potentials (Jonker & Volgenant 1987).
 */
export function bestAssignment(weights: readonly (readonly number[])[]): number[] {
  const rows = weights.length;
  const columns = weights[0]?.length ?? 0;
  if (rows <= columns) return assignRows(rows, columns, (i, j) => -weights[i]![j]!);
  const rowOf = assignRows(columns, rows, (j, i) => -weights[i]![j]!);
  const assigned = new Array<number>(rows).fill(-1);
  for (const [column, row] of rowOf.entries()) assigned[row] = column;
  return assigned;
}

/** Minimum-cost column of every row, for rows <= columns. */
function assignRows(rows: number, columns: number, cost: (row: number, column: number) => number): number[] {
  const rowPotential = new Float64Array(rows);
  const columnPotential = new Float64Array(columns);
  const rowOf = new Int32Array(columns).fill(-1);
  for (let start = 0; start < rows; start++) {
    const distance = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
    const cameFrom = new Int32Array(columns).fill(-1);
    const settled: number[] = [];
    const done = new Uint8Array(columns);
    // Grow a tree of tight edges from `start`, nearest column first, until it reaches a free column.
    let row = start;
    let column = -1;
    let reached = 0;
    while (true) {
      let next = -1;
      for (let j = 0; j < columns; j++) {
        if (done[j]) continue;
        const through = reached + cost(row, j) - rowPotential[row]! - columnPotential[j]!;
        if (through < distance[j]!) {
          distance[j] = through;
          cameFrom[j] = column;
        }
        if (next < 0 || distance[j]! < distance[next]!) next = j;
      }
      column = next;
      reached = distance[column]!;
      if (rowOf[column]! < 0) break;
      done[column] = 1;
      settled.push(column);
      row = rowOf[column]!;
    }
    // Potentials keep every reduced cost non-negative and those of matched pairs 0.
    rowPotential[start]! += reached;
    for (const j of settled) {
      rowPotential[rowOf[j]!]! += reached - distance[j]!;
      columnPotential[j]! -= reached - distance[j]!;
    }
    while (column >= 0) {
      const before = cameFrom[column]!;
      rowOf[column] = before < 0 ? start : rowOf[before]!;
      column = before;
    }
  }
  const columnOf = new Array<number>(rows).fill(-1);
  for (const [column, row] of rowOf.entries()) if (row >= 0) columnOf[row] = column;
  return columnOf;
}
