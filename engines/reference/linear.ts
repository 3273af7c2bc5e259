import type { OpAttributes } from "../graph/ops.ts";
import { broadcastSteps, type NdArray, offsets, rows, zeros } from "./array.ts";

/** alpha * op(a) op(b) over the last two axes. */
export function matmul(inputs: readonly NdArray[], shape: readonly number[], { transA, transB, alpha }: OpAttributes["matmul"]): NdArray {
  const [a, b] = [inputs[0]!, inputs[1]!];
  const out = zeros(shape);
  const [m, n] = [shape.at(-2)!, shape.at(-1)!];
  const k = transA ? a.shape.at(-2)! : a.shape.at(-1)!;
  const batch = shape.slice(0, -2);
  const blocks = (x: NdArray) => offsets(batch, broadcastSteps(x.shape.slice(0, -2), batch));
  const [blocksA, blocksB] = [blocks(a), blocks(b)];
  const [rowA, stepA] = transA ? [1, m] : [k, 1];
  const [stepB, columnB] = transB ? [1, k] : [n, 1];
  for (let block = 0; block < blocksA.length; block++) {
    const startA = blocksA[block]! * m * k;
    const startB = blocksB[block]! * k * n;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let p = 0; p < k; p++) {
          total += a.data[startA + i * rowA + p * stepA]! * b.data[startB + p * stepB + j * columnB]!;
        }
        out.data[(block * m + i) * n + j] = alpha * total;
      }
    }
  }
  return out;
}

export function softmaxRow(row: Float64Array, out: Float64Array): void {
  const top = row.reduce((best, x) => Math.max(best, x), -Infinity);
  let total = 0;
  for (let i = 0; i < row.length; i++) total += out[i] = Math.exp(row[i]! - top);
  for (let i = 0; i < row.length; i++) out[i]! /= total;
}

export function logSoftmaxRow(row: Float64Array, out: Float64Array): void {
  const top = row.reduce((best, x) => Math.max(best, x), -Infinity);
  const total = row.reduce((sum, x) => sum + Math.exp(x - top), 0);
  for (let i = 0; i < row.length; i++) out[i] = row[i]! - top - Math.log(total);
}

export function rmsNorm([x, weight]: readonly NdArray[], shape: readonly number[], { eps }: OpAttributes["rmsNorm"]): NdArray {
  const out = zeros(shape);
  const { count, width } = rows(x!);
  for (let i = 0; i < count; i++) {
    const row = x!.data.subarray(i * width, (i + 1) * width);
    const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / width + eps);
    for (let j = 0; j < width; j++) out.data[i * width + j] = row[j]! * scale * weight!.data[j]!;
  }
  return out;
}

export function layerNorm([x, weight, bias]: readonly NdArray[], shape: readonly number[], { eps }: OpAttributes["layerNorm"]): NdArray {
  const out = zeros(shape);
  const { count, width } = rows(x!);
  for (let i = 0; i < count; i++) {
    const row = x!.data.subarray(i * width, (i + 1) * width);
    const mean = row.reduce((sum, v) => sum + v, 0) / width;
    const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width + eps);
    for (let j = 0; j < width; j++) out.data[i * width + j] = (row[j]! - mean) * scale * weight!.data[j]! + bias!.data[j]!;
  }
  return out;
}

export function rotary([x, cos, sin]: readonly NdArray[], shape: readonly number[], { heads }: OpAttributes["rotary"]): NdArray {
  const out = zeros(shape);
  const { count, width } = rows(x!);
  const half = width / heads / 2;
  for (let i = 0; i < count; i++) {
    for (let head = 0; head < heads; head++) {
      const start = i * width + head * 2 * half;
      for (let j = 0; j < half; j++) {
        const [c, s] = [cos!.data[i * half + j]!, sin!.data[i * half + j]!];
        const [first, second] = [x!.data[start + j]!, x!.data[start + half + j]!];
        out.data[start + j] = first * c - second * s;
        out.data[start + half + j] = second * c + first * s;
      }
    }
  }
  return out;
}
