import { DeviceError, type DeviceFailure } from "../executor.ts";

const SIGNS: readonly [RegExp, DeviceFailure][] = [
  [/out of memory|failed to allocate|bad_alloc|BFCArena/i, "memory"],
  [/device (was |is )?lost/i, "lost"],
  [/failed to load shared library|no available backend|WebGPU adapter|no supported adapters|CUDA driver/i, "absent"],
  [/NOT_IMPLEMENTED|not implemented|could not find an implementation|unsupported|device does not support/i, "unsupported"],
];

/** How a provider is had where it is not there. */
export const ONNX_CURES = {
  cpu: "Install again: npm install onnxruntime-node",
  webgpu: "To have it: a Vulkan driver and libvulkan (Debian: apt-get install libvulkan1 mesa-vulkan-drivers). It is in the package.",
  cuda: "To have it: CUDA 12 with cuDNN 9, and npm rebuild onnxruntime-node --ignore-scripts=false --onnxruntime-node-install=cuda12",
};

/** An error of ONNX Runtime on a device under the name of what went wrong, where its message tells; otherwise itself. */
export function onnxFailure(device: keyof typeof ONNX_CURES, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DeviceError) return error;
  const failure = SIGNS.find(([sign]) => sign.test(error.message))?.[1];
  if (failure === undefined) return error;
  // behind the place in the runtime's sources and the condition that did not hold
  const said = error.message.trim().split(" was false. ").at(-1)!.split("\n")[0]!;
  const cure = failure === "absent" ? ONNX_CURES[device] : undefined;
  return new DeviceError(`onnx-${device}`, failure, said, { cause: error, cure });
}
