import { DeviceError, type DeviceFailure } from "../executor.ts";

const SIGNS: readonly [RegExp, DeviceFailure][] = [
  [/out of memory|failed to allocate|bad_alloc|BFCArena/i, "memory"],
  [/device (was |is )?lost/i, "lost"],
  [/NOT_IMPLEMENTED|not implemented|Could not find an implementation|unsupported/i, "unsupported"],
  [/no available backend|execution provider|onnxruntime_providers/i, "absent"],
];

/** An error of ONNX Runtime on a device under the name of what went wrong, where its message tells; otherwise itself. */
export function onnxFailure(device: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DeviceError) return error;
  const failure = SIGNS.find(([sign]) => sign.test(error.message))?.[1];
  return failure === undefined ? error : new DeviceError(`onnx-${device}`, failure, error.message, { cause: error });
}
