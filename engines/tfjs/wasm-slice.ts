import type { Tfjs } from "./library.ts";

export interface WasmTensor {
  shape: number[];
  dtype: string;
}

/** The little of the WebAssembly backend that a kernel of one's own needs. */
export interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: string): WasmTensor;
  /** the tensor's memory itself, until WebAssembly's next grows */
  typedArrayFromHeap(tensor: WasmTensor): Float32Array | Int32Array;
}

interface SliceCall {
  inputs: { x: WasmTensor };
  attrs: { begin: readonly number[]; size: readonly number[] };
  backend: WasmBackend;
}

/** Shorter runs are copied faster one by one than by a view of them. */
const SHORT = 48;

/** In place of the backend's kernel, which copies the whole tensor out of WebAssembly for every piece of it. */
export function replaceSlice(tf: Tfjs): void {
  tf.unregisterKernel("Slice", "wasm");
  tf.registerKernel({ kernelName: "Slice", backendName: "wasm", kernelFunc: (call) => sliced(call as SliceCall) });
}

function sliced({ inputs: { x }, attrs: { begin, size }, backend }: SliceCall): WasmTensor {
  // the output first: making it may move the memory
  const out = backend.makeOutput(size, x.dtype);
  copyPart(backend.typedArrayFromHeap(x), x.shape, backend.typedArrayFromHeap(out), begin, size);
  return out;
}

/** Copies the part of an array [shape] that starts at `begin` and is [size], run by run. */
export function copyPart(
  from: Float32Array | Int32Array,
  shape: readonly number[],
  to: Float32Array | Int32Array,
  begin: readonly number[],
  size: readonly number[],
): void {
  // from this axis on every run is whole
  let axis = shape.length - 1;
  let run = 1;
  while (axis >= 0 && size[axis] === shape[axis]) run *= shape[axis--]!;
  const step = axis < 0 ? run : run * shape[axis]!;
  const length = axis < 0 ? run : run * size[axis]!;
  const offset = axis < 0 ? 0 : run * begin[axis]!;
  const position = begin.slice(0, Math.max(0, axis));
  for (let target = 0; target < to.length; target += length) {
    const start = position.reduce((index, at, i) => index * shape[i]! + at, 0) * step + offset;
    if (length < SHORT) for (let i = 0; i < length; i++) to[target + i] = from[start + i]!;
    else to.set(from.subarray(start, start + length), target);
    for (let i = position.length - 1; i >= 0; i--) {
      if (++position[i]! < begin[i]! + size[i]!) break;
      position[i] = begin[i]!;
    }
  }
}
