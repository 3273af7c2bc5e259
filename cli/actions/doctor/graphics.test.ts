import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cuda, gpus, vulkan } from "./graphics.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "vlrl-graphics-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

test("a machine without", () => {
  expect(gpus(root)).toMatchObject({ state: "optional", detail: "none found, and none needed" });
  expect(vulkan(root, {})).toMatchObject({ state: "optional", detail: "no driver found" });
});

test("NVIDIA cards by their model, others by their maker", async () => {
  await put("proc/driver/nvidia/gpus/0000:65:00.0/information", "Model: \t\t NVIDIA H100 PCIe\nIRQ: 1\n");
  await put("sys/class/drm/card0/device/vendor", "0x10de\n");
  await put("sys/class/drm/card1/device/vendor", "0x8086\n");
  await put("sys/class/drm/card1-HDMI-A-1/status", "connected");
  expect(gpus(root)).toMatchObject({ state: "ok", detail: "NVIDIA H100 PCIe, Intel (card1)" });
});

test("a card that only the kernel's graphics list knows, and one of a maker that is unknown", async () => {
  await put("sys/class/drm/card0/device/vendor", "0x10de\n");
  await put("sys/class/drm/card1/device/vendor", "0x1af4\n");
  expect(gpus(root).detail).toBe("NVIDIA (card0)");
});

test("Vulkan drivers in the system's folders, or those that the environment names", async () => {
  await put("usr/share/vulkan/icd.d/nvidia_icd.json", "{}");
  expect(vulkan(root, {})).toMatchObject({ state: "ok", detail: "/usr/share/vulkan/icd.d/nvidia_icd.json" });
  const own = join(root, "usr/share/vulkan/icd.d/nvidia_icd.json");
  expect(vulkan("/nowhere", { VK_ICD_FILENAMES: own })).toMatchObject({ state: "ok", detail: own });
  expect(vulkan(root, { VK_ICD_FILENAMES: "/nowhere/icd.json" })).toMatchObject({
    state: "optional",
    detail: "/nowhere/icd.json is not there",
  });
});

test("CUDA's libraries in the system's folders and on LD_LIBRARY_PATH; what is missing is named", async () => {
  expect(cuda(root, {})).toMatchObject({ state: "optional", detail: "none found, and none needed" });
  await put("usr/local/cuda/lib64/libcudart.so.12", "");
  for (const name of ["libcublas.so.12", "libcublasLt.so.12", "libcurand.so.10", "libcufft.so.11"]) await put(`own/${name}`, "");
  const environment = { LD_LIBRARY_PATH: `/nowhere:${join(root, "own")}` };
  expect(cuda(root, environment)).toMatchObject({
    state: "optional",
    detail: "libcudnn.so.9 not found",
    cure: expect.stringContaining("cuDNN 9"),
  });
  await put("own/libcudnn.so.9", "");
  expect(cuda(root, environment).state).toBe("ok");
});
