import { DeviceError, type Executor } from "./executor.ts";
import { add, input } from "./graph/build.ts";
import type { OnnxDevice } from "./onnx/runtime.ts";
import { productRate, selfTest } from "./self-test.ts";
import type { TfjsDevice } from "./tfjs/backends.ts";

/** Every executor with the devices that it can run on. */
export const DEVICES = {
  onnx: ["cpu", "webgpu", "cuda"],
  tfjs: ["cpu", "wasm", "webgpu", "node", "gpu"],
} as const satisfies { onnx: readonly OnnxDevice[]; tfjs: readonly TfjsDevice[] };

export type ExecutorName = keyof typeof DEVICES;
export type Device = (typeof DEVICES)[ExecutorName][number];

export interface DeviceChoice {
  executor: ExecutorName;
  device: Device | "auto";
  /** of ONNX Runtime on the processor; 0 lets it take one a core */
  threads: number;
}

export function isDeviceOf(executor: ExecutorName, device: string): boolean {
  return device === "auto" || (DEVICES[executor] as readonly string[]).includes(device);
}

/** What native libraries read from the process when they are loaded, whose environment no thread can change. What is set stays. */
const ENVIRONMENT = {
  /** products of float32, not of 10 bits */
  NVIDIA_TF32_OVERRIDE: "0",
  /** not all of a GPU's memory at once */
  TF_FORCE_GPU_ALLOW_GROWTH: "true",
  TF_CPP_MIN_LOG_LEVEL: "3",
};

/** On the main thread, before an executor is opened on any. */
export function prepareProcess(): void {
  for (const [name, value] of Object.entries(ENVIRONMENT)) process.env[name] ??= value;
}

/** Opens what a recipe asks for. Throws DeviceError where it is not there: another never takes its place. */
export async function openExecutor(choice: DeviceChoice): Promise<Executor> {
  return choice.device === "auto" ? fastest(choice) : openDevice({ ...choice, device: choice.device });
}

/** Executors load when they are chosen. */
async function openDevice({ executor, device, threads }: DeviceChoice & { device: Device }): Promise<Executor> {
  if (!isDeviceOf(executor, device)) throw new Error(`there is no device "${device}" of ${executor}`);
  if (executor === "tfjs") return (await import("./tfjs/executor.ts")).TfjsExecutor.open(device as TfjsDevice);
  const { OnnxExecutor } = await import("./onnx/executor.ts");
  const opened = new OnnxExecutor({ threads, device: device as OnnxDevice });
  // a provider that is not there says so when it is first used
  if (device !== "cpu") {
    const probe = await opened.create({ y: add(input("x", [1]), 1) });
    await probe.run({ x: Float32Array.of(1) });
    await probe.release();
  }
  return opened;
}

/** The devices of an executor that are there and compute what they should, the fastest at a matrix product first. */
export async function workingDevices(choice: Omit<DeviceChoice, "device">): Promise<{ executor: Executor; gflops: number }[]> {
  const working: { executor: Executor; gflops: number }[] = [];
  for (const device of DEVICES[choice.executor]) {
    try {
      const executor = await openDevice({ ...choice, device });
      await selfTest(executor);
      working.push({ executor, gflops: await productRate(executor, { side: 512, milliseconds: 150 }) });
    } catch (error) {
      // absent, or not to be trusted: doctor says which
      if (!(error instanceof DeviceError)) throw error;
    }
  }
  return working.sort((a, b) => b.gflops - a.gflops);
}

async function fastest(choice: DeviceChoice): Promise<Executor> {
  const working = await workingDevices(choice);
  const best = working[0];
  if (best === undefined) throw new DeviceError(`${choice.executor}-auto`, "absent", "none of its devices is there");
  const rates = working.map(({ executor, gflops }) => `${executor.name} ${gflops.toPrecision(2)}`).join(", ");
  return Object.assign(best.executor, {
    detail: [best.executor.detail, `the fastest of those that are there, in GFLOP/s: ${rates}`].filter(Boolean).join("; "),
  });
}
