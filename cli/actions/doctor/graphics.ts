import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Finding } from "./finding.ts";

const VENDORS: Record<string, string> = { "0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel", "0x106b": "Apple" };

/** Graphics processors, Vulkan drivers and the CUDA provider, as far as files say: nothing is loaded. */
export function graphics(root = "/"): Finding[] {
  return [gpus(root), vulkan(root, process.env), cudaProvider(), cuda(root, process.env)];
}

const entries = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

/** Those that Linux has a driver for. */
export function gpus(root: string): Finding {
  const nvidia = join(root, "proc/driver/nvidia/gpus");
  const found = entries(nvidia).map((card) => {
    const path = join(nvidia, card, "information");
    return /^Model:\s*(.+)$/m.exec(existsSync(path) ? readFileSync(path, "utf8") : "")?.[1]?.trim() ?? "an NVIDIA card";
  });
  const cards = join(root, "sys/class/drm");
  for (const card of entries(cards).filter((name) => /^card\d+$/.test(name))) {
    const path = join(cards, card, "device/vendor");
    const id = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
    const vendor = VENDORS[id];
    if (vendor !== undefined && !(vendor === "NVIDIA" && found.length > 0)) found.push(`${vendor} (${card})`);
  }
  if (found.length > 0) return { name: "GPU", state: "ok", detail: found.join(", ") };
  return { name: "GPU", state: "optional", detail: "none found, and none needed" };
}

const DRIVERS = ["usr/share/vulkan/icd.d", "etc/vulkan/icd.d", "usr/local/share/vulkan/icd.d"];

/** Drivers that WebGPU can run on. */
export function vulkan(root: string, { VK_ICD_FILENAMES: named, VK_DRIVER_FILES: files }: NodeJS.ProcessEnv): Finding {
  const set = files ?? named;
  const found =
    set !== undefined
      ? set.split(":").filter((path) => existsSync(path))
      : DRIVERS.flatMap((folder) => entries(join(root, folder)).map((name) => join("/", folder, name)));
  const name = "Vulkan";
  if (found.length > 0) return { name, state: "ok", detail: found.join(", ") };
  const detail = set === undefined ? "no driver found" : `${set} is not there`;
  return {
    name,
    state: "optional",
    detail,
    cure: "For WebGPU install the GPU's driver and libvulkan. Debian: apt-get install libvulkan1 mesa-vulkan-drivers",
  };
}

function cudaProvider(): Finding {
  const name = "CUDA provider";
  const file = "libonnxruntime_providers_cuda.so";
  const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const found = entries(join(folder, "bin")).map((abi) => join(folder, "bin", abi, process.platform, process.arch, file));
  const path = found.find((candidate) => existsSync(candidate));
  if (path !== undefined) return { name, state: "ok", detail: path };
  const cure =
    "For device: cuda, with CUDA 12 and cuDNN 9: npm rebuild onnxruntime-node --ignore-scripts=false --onnxruntime-node-install=cuda12";
  return { name, state: "optional", detail: `no ${file} in onnxruntime-node`, cure };
}

/** What the CUDA provider of ONNX Runtime is linked to, besides the driver. */
const CUDA_LIBRARIES = ["libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcurand.so.10", "libcufft.so.11", "libcudnn.so.9"];
const LIBRARY_FOLDERS = [
  "usr/lib/x86_64-linux-gnu",
  "usr/lib/aarch64-linux-gnu",
  "usr/lib64",
  "usr/local/cuda/lib64",
  "usr/local/cuda-12/lib64",
];

/** Libraries of CUDA and cuDNN, in the folders where the linker looks. */
export function cuda(root: string, { LD_LIBRARY_PATH: path = "" }: NodeJS.ProcessEnv): Finding {
  const folders = [...path.split(":").filter((folder) => folder !== ""), ...LIBRARY_FOLDERS.map((folder) => join(root, folder))];
  const there = (library: string) => folders.some((folder) => existsSync(join(folder, library)));
  const found = CUDA_LIBRARIES.filter(there);
  const missing = CUDA_LIBRARIES.filter((library) => !there(library));
  const name = "CUDA libraries";
  if (missing.length === 0) return { name, state: "ok", detail: found.join(", ") };
  const detail = found.length === 0 ? "none found, and none needed" : `${missing.join(", ")} not found`;
  const cure = "For device: cuda: CUDA 12 and cuDNN 9 from https://developer.nvidia.com, their folders on LD_LIBRARY_PATH.";
  return { name, state: "optional", detail, cure };
}
