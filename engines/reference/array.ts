import { sizeOf } from "../graph/tensor.ts";

/** A value at run time: row-major, float64 (indices too: whole numbers to 2^53 are exact). */
export interface NdArray {
  shape: readonly number[];
  data: Float64Array;
}

export function zeros(shape: readonly number[]): NdArray {
  return { shape, data: new Float64Array(sizeOf(shape)) };
}

/** Steps from one entry to the next along each axis. */
export function strides(shape: readonly number[]): number[] {
  const out = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    out[axis] = step;
    step *= shape[axis]!;
  }
  return out;
}

/** For every entry of `shape`, row by row, the offset in an array that is read with the given steps (0 where it is stretched). */
export function offsets(shape: readonly number[], steps: readonly number[]): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  const position = new Array<number>(shape.length).fill(0);
  let offset = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += steps[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      offset -= steps[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return out;
}

/** Steps that read an array of shape `from` as if it were broadcast to `to`. */
export function broadcastSteps(from: readonly number[], to: readonly number[]): number[] {
  const own = strides(from);
  const extra = to.length - from.length;
  return to.map((_, axis) => (axis < extra || from[axis - extra] === 1 ? 0 : own[axis - extra]!));
}

/** The array split into rows along its last axis. */
export function rows(x: NdArray): { count: number; width: number } {
  const width = x.shape.at(-1) ?? 1;
  return { count: x.data.length / Math.max(1, width), width };
}
