import util from "node:util";
import { DeviceError } from "../executor.ts";
import type { Tfjs } from "./library.ts";
import type { PlanTraits } from "./plan.ts";
import { replaceGather } from "./wasm-gather.ts";
import { replaceSlice } from "./wasm-slice.ts";

export const TFJS_DEVICES = ["cpu", "wasm", "webgpu", "node", "gpu"] as const;
export type TfjsDevice = (typeof TFJS_DEVICES)[number];

/** A backend of TensorFlow.js that is loaded. */
export interface Backend {
  device: TfjsDevice;
  /** what it runs on, where it says so */
  hardware: string | null;
  tf: Tfjs;
  traits: PlanTraits;
  /** makes it the one that kernels run on: TensorFlow.js has one at a time */
  activate(): Promise<void>;
  /** why it is gone, once it is */
  lost(): string | null;
}

interface BackendDefinition {
  /** what TensorFlow.js calls it */
  name: string;
  /** the packages that it is made of, of which the native ones stand in for each other */
  packages: readonly string[];
  /** how it is had where it is not there */
  cure: string;
  traits?: PlanTraits;
  /** the library with the backend registered, and what it runs on */
  load(): Promise<{ tf: Tfjs; lost?: () => string | null; hardware?: () => Promise<string | null> }>;
}

const VERSION = "4.22.0";
const install = (...names: string[]) =>
  `npm install --save-optional --ignore-scripts ${names.map((name) => `${name}@${VERSION}`).join(" ")}`;
const CORE = "@tensorflow/tfjs-core";

const definitions: Record<TfjsDevice, BackendDefinition> = {
  cpu: {
    name: "cpu",
    packages: [CORE, "@tensorflow/tfjs-backend-cpu"],
    cure: install(CORE, "@tensorflow/tfjs-backend-cpu"),
    load: () => coreWith("@tensorflow/tfjs-backend-cpu"),
  },
  wasm: {
    name: "wasm",
    packages: [CORE, "@tensorflow/tfjs-backend-wasm"],
    cure: install(CORE, "@tensorflow/tfjs-backend-wasm"),
    traits: { plainProducts: true, firstOfEquals: true },
    async load() {
      const { tf } = await coreWith("@tensorflow/tfjs-backend-wasm");
      replaceSlice(tf);
      replaceGather(tf);
      return { tf };
    },
  },
  webgpu: {
    name: "webgpu",
    packages: [CORE, "@tensorflow/tfjs-backend-webgpu", "webgpu"],
    traits: { plainProducts: false, firstOfEquals: false },
    cure: `npm install --save-optional --ignore-scripts webgpu@0.6.2 ${CORE}@${VERSION} @tensorflow/tfjs-backend-webgpu@${VERSION}, and a Vulkan driver`,
    async load() {
      const hardware = await provideWebGpu();
      const { tf } = await coreWith("@tensorflow/tfjs-backend-webgpu");
      // small values would be computed in JavaScript, and rounded otherwise
      tf.env().set("WEBGPU_CPU_FORWARD", false);
      return { tf, hardware: async () => hardware };
    },
  },
  node: {
    name: "tensorflow",
    packages: ["@tensorflow/tfjs-node"],
    cure: "npm run native:tfjs",
    async load() {
      const tf = await native(definitions.node.packages);
      return { tf, hardware: async () => (usesGpu(tf) ? "GPU" : "CPU") };
    },
  },
  gpu: {
    name: "tensorflow",
    packages: ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"],
    cure: "npm run native:tfjs -- tensorflow, with the CUDA libraries that docs/gpu.md names",
    async load() {
      const tf = await native(definitions.gpu.packages);
      return { tf, hardware: async () => (usesGpu(tf) ? "GPU" : "CPU") };
    },
  },
};

/** What a device is made of, and how it is had. */
export function tfjsParts(device: TfjsDevice): { packages: readonly string[]; cure: string } {
  const { packages, cure } = definitions[device];
  return { packages, cure: `To have it: ${cure}` };
}

const loaded = new Map<TfjsDevice, Promise<Backend>>();

/** Loads a device's backend, once. Throws DeviceError where it is not there, with what to do. */
export function loadBackend(device: TfjsDevice): Promise<Backend> {
  const known = loaded.get(device) ?? open(device);
  loaded.set(device, known);
  return known;
}

async function open(device: TfjsDevice): Promise<Backend> {
  const { name, traits = { plainProducts: false, firstOfEquals: true }, load, cure } = definitions[device];
  try {
    const { tf, lost = () => null, hardware = async () => null } = await load();
    const activate = async () => {
      // another session may have made its own backend the one while this waited
      while (tf.engine().backendName !== name) {
        if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start its backend "${name}"`);
      }
    };
    // without this it advertises itself
    tf.env().set("PROD", true);
    await activate();
    if (name === "tensorflow") refuseOtherHardware(device, usesGpu(tf));
    const gone = name === "webgpu" ? watchLoss(tf) : lost;
    return { device, hardware: await hardware(), tf, traits, activate, lost: gone };
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    const message = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    throw new DeviceError(`tfjs-${device}`, "absent", message, { cause: error, cure: `To have it: ${cure}` });
  }
}

/** Packages are CommonJS, and found at run time alone: none has to be there. */
async function load<T>(name: string): Promise<T> {
  const module = (await import(name)) as { default?: T };
  return module.default ?? (module as T);
}

async function coreWith(backend: string): Promise<{ tf: Tfjs }> {
  const tf = await load<Tfjs>(CORE);
  await load(backend);
  return { tf };
}

/** TensorFlow's own library, from the first of the packages that is there. */
async function native(names: readonly string[]): Promise<Tfjs> {
  // what Node 23 took away, or warns of, and the package still calls
  const legacy = util as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  legacy.isArray = Array.isArray;
  let first: unknown;
  for (const name of names) {
    try {
      return await load<Tfjs>(name);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

function usesGpu(tf: Tfjs): boolean {
  return (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}

/** The native backend takes a GPU where its TensorFlow finds one: what runs has to be what was asked for. */
function refuseOtherHardware(device: TfjsDevice, gpu: boolean): void {
  if (device === "gpu" && !gpu) {
    throw new DeviceError("tfjs-gpu", "absent", "the TensorFlow that is linked finds no GPU", {
      cure: `To have one: ${definitions.gpu.cure}`,
    });
  }
  if (device === "node" && gpu) {
    const cure = "Say device: gpu, or set CUDA_VISIBLE_DEVICES=-1.";
    throw new DeviceError("tfjs-node", "absent", "the TensorFlow that is linked runs on a GPU", { cure });
  }
}

interface Gpu {
  requestAdapter(): Promise<{ info?: { vendor?: string; description?: string; architecture?: string } } | null>;
}

/** Dawn as `navigator.gpu`, where the backend looks for it; gives the adapter's name. */
async function provideWebGpu(): Promise<string> {
  const { create, globals } = await load<{ create(options: string[]): Gpu; globals: object }>("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true, writable: true });
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error("Dawn finds no adapter: there is no Vulkan driver that it takes");
  const { vendor = "", architecture = "", description = "" } = adapter.info ?? {};
  return [vendor, architecture, description].filter((part) => part !== "").join(" ");
}

function watchLoss(tf: Tfjs): () => string | null {
  const { device } = tf.backend() as { device: { lost: Promise<{ reason: string; message: string }> } };
  let loss: string | null = null;
  device.lost.then(({ reason, message }) => {
    loss = `the device was lost (${reason}): ${message}`;
  });
  return () => loss;
}
