import { deepStrictEqual } from "node:assert/strict";
import type { Executor } from "../../engines/executor.ts";
import { add, gatherRows, input, mul, reduceSum } from "../../engines/graph/build.ts";

/** Two outputs of which one stays. */
function stepGraph() {
  const x = input("x", [2, 3]);
  return { next: add(mul(x, 2), input("y", [2, 3])), sum: reduceSum(x, [0, 1], true) };
}

const BYTES = 4 * 6;

/**
 * Values that stay on a device, against numbers worked by hand: x becomes 2 x + y, of which only sums come back. Throws where a number is
 * another, or where what was copied is not counted as it must be. Gives the bytes that a step copied.
 */
export async function checkStaying(executor: Executor): Promise<number> {
  const { remote, holds, traffic } = executor;
  const stay = new Set(["next"]);
  const session = await executor.create(stepGraph());
  const counted = (from: { toDevice: number; toHost: number }) => [traffic.toDevice - from.toDevice, traffic.toHost - from.toHost];
  const opened = { ...traffic };
  let x = await executor.upload(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  const y = await executor.upload(new Float32Array(6).fill(1), [2, 3]);
  deepStrictEqual(counted(opened), remote && holds ? [2 * BYTES, 0] : [0, 0]);
  deepStrictEqual(x.shape, [2, 3]);
  // sum 21, then 2 * 21 + 6 = 48, then 2 * 48 + 6 = 102
  let step = 0;
  for (const sum of [21, 48, 102]) {
    const before = { ...traffic };
    const { values, staying } = await session.runOn({ x, y }, stay);
    deepStrictEqual(values, { sum: Float32Array.of(sum) });
    deepStrictEqual(Object.keys(staying), ["next"]);
    const [out, back] = counted(before);
    deepStrictEqual([out, back], remote ? (holds ? [0, 4] : [2 * BYTES, BYTES + 4]) : [0, 0]);
    step = out! + back!;
    x.dispose();
    x = staying.next!;
  }
  const before = { ...traffic };
  // 1 -> 3 -> 7 -> 15, 2 -> 5 -> 11 -> 23, and so on by 8
  deepStrictEqual(await x.read(), Float32Array.of(15, 23, 31, 39, 47, 55));
  deepStrictEqual(counted(before), remote && holds ? [0, BYTES] : [0, 0]);
  // the same graph with arrays, and with everything on the host again
  const plain = await session.run({ x: Float32Array.of(1, 2, 3, 4, 5, 6), y: new Float32Array(6).fill(1) });
  deepStrictEqual(plain, { next: Float32Array.of(3, 5, 7, 9, 11, 13), sum: Float32Array.of(21) });
  for (const value of [x, y]) value.dispose();
  await session.release();
  await checkInts(executor);
  return step;
}

/** Whole numbers that stay, as indices: rows 2, 0 of [[1, 2], [3, 4], [5, 6]]. */
async function checkInts(executor: Executor): Promise<void> {
  const session = await executor.create({ rows: gatherRows(input("table", [3, 2]), input("ids", [2], "int")) });
  const ids = await executor.upload(Int32Array.of(2, 0), [2]);
  deepStrictEqual(await ids.read(), Float32Array.of(2, 0));
  const { rows } = await session.run({ table: Float32Array.of(1, 2, 3, 4, 5, 6), ids });
  deepStrictEqual(rows, Float32Array.of(5, 6, 1, 2));
  ids.dispose();
  await session.release();
}
