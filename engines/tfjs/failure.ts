import { DeviceError, type DeviceFailure } from "../executor.ts";
import type { Backend } from "./backends.ts";

const SIGNS: readonly [RegExp, DeviceFailure][] = [
  [/out of memory|OOM|cannot enlarge memory|allocation failed|failed to allocate|bad_alloc|ResourceExhausted/i, "memory"],
  [/device (was |is )?(lost|destroyed)|instance dropped/i, "lost"],
  // of WebAssembly: what a failed allocation ends in, and what comes of any call after it
  [/^Aborted\(|memory access out of bounds/i, "memory"],
  [/not registered for backend|not (yet )?supported|not implemented/i, "unsupported"],
];

/** An error of TensorFlow.js on a device under the name of what went wrong, where its message tells; otherwise itself. */
export function tfjsFailure(device: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DeviceError) return error;
  const failure = SIGNS.find(([sign]) => sign.test(error.message))?.[1];
  return failure === undefined ? error : new DeviceError(`tfjs-${device}`, failure, error.message, { cause: error });
}

/** The same where the backend may have gone away meanwhile. */
export function failureOn({ device, lost }: Pick<Backend, "device" | "lost">, error: unknown): unknown {
  const loss = lost();
  return loss === null ? tfjsFailure(device, error) : new DeviceError(`tfjs-${device}`, "lost", loss, { cause: error });
}
