export const ONNX_DEVICES = ["cpu", "webgpu", "cuda"] as const;
export type OnnxDevice = (typeof ONNX_DEVICES)[number];

export type Runtime = typeof import("onnxruntime-node");

let loaded: Promise<Runtime> | undefined;

/** ONNX Runtime, loaded when first used. It is CommonJS: the namespace hides behind `default`. */
export function runtime(): Promise<Runtime> {
  loaded ??= import("onnxruntime-node").then((module) => (module as unknown as { default?: Runtime }).default ?? module);
  return loaded;
}
