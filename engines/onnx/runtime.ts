export const ONNX_DEVICES = ["cpu", "webgpu", "cuda"] as const;
export type OnnxDevice = (typeof ONNX_DEVICES)[number];

export type Runtime = typeof import("onnxruntime-node");

let loaded: Promise<Runtime> | undefined;

/** ONNX Runtime, loaded when first used. It is CommonJS: the namespace hides behind `default`. */
export function runtime(): Promise<Runtime> {
  loaded ??= import("onnxruntime-node").then((module) => {
    const ort = (module as unknown as { default?: Runtime }).default ?? module;
    withoutFloat16Array(() => new ort.Tensor("float32", new Float32Array(1), [1]));
    return ort;
  });
  return loaded;
}

/**
 * Node has Float16Array from version 24 on. ONNX Runtime 1.30 puts halves in one where it finds it, for which it looks at its first tensor,
 * and then hands it to a binding that does not know it: halves stay bits in a Uint16Array.
 */
function withoutFloat16Array(work: () => void): void {
  const found = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
  Reflect.deleteProperty(globalThis, "Float16Array");
  try {
    work();
  } finally {
    if (found !== undefined) Object.defineProperty(globalThis, "Float16Array", found);
  }
}
