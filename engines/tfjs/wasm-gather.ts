import type { Tfjs } from "./library.ts";
import type { WasmBackend, WasmTensor } from "./wasm-slice.ts";

interface GatherCall {
  inputs: { x: WasmTensor; indices: WasmTensor };
  attrs: { axis: number; batchDims?: number };
  backend: WasmBackend;
}

/** In place of the backend's kernel, which reckons the place of every single entry: some ten times slower for rows of thousands. */
export function replaceGather(tf: Tfjs): void {
  tf.unregisterKernel("GatherV2", "wasm");
  tf.registerKernel({ kernelName: "GatherV2", backendName: "wasm", kernelFunc: (call) => gathered(call as GatherCall) });
}

function gathered({ inputs: { x, indices }, attrs: { axis, batchDims = 0 }, backend }: GatherCall): WasmTensor {
  if (axis !== 0 || batchDims !== 0) throw new Error("GatherV2: only whole rows of the first axis are implemented");
  // the output first: making it may move the memory
  const out = backend.makeOutput([...indices.shape, ...x.shape.slice(1)], x.dtype);
  copyRows(backend.typedArrayFromHeap(x), x.shape[0]!, backend.typedArrayFromHeap(indices), backend.typedArrayFromHeap(out));
  return out;
}

/** Shorter rows are copied faster one by one than by a view of them. */
const SHORT = 48;

/** Rows of an array that has so many, by index, one after the other. */
export function copyRows(
  from: Float32Array | Int32Array,
  rows: number,
  indices: Float32Array | Int32Array,
  to: Float32Array | Int32Array,
): void {
  const width = from.length / rows;
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    if (!(row >= 0 && row < rows)) throw new Error(`GatherV2: the index value ${row} is not in [0, ${rows - 1}]`);
    if (width >= SHORT) to.set(from.subarray(row * width, (row + 1) * width), i * width);
    else for (let j = 0; j < width; j++) to[i * width + j] = from[row * width + j]!;
  }
}
