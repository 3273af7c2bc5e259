import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { atomicWrite, exists } from "../core/atomic.ts";
import { CheckpointError } from "../core/errors.ts";
import { isDeviceOf } from "../engines/devices.ts";
import type { EngineInfo } from "../engines/engine.ts";
import type { RunPlan } from "./plan.ts";

type On = Pick<RunPlan["model"], "executor" | "device">;

/** `device.json` of a run folder: what the run was last on. */
const RunDevice = z
  .strictObject({
    executor: z.enum(["onnx", "tfjs"]),
    device: z.string(),
    chosen_by: z.enum(["recipe", "auto"]),
    /** by name, GFLOP/s of a product of 512 x 512 on those that auto chose from, the fastest first; null where it did not choose */
    gflops: z.record(z.string(), z.number()).nullable(),
  })
  .refine(({ executor, device }) => device !== "auto" && isDeviceOf(executor, device), "no device of this executor");

const fileOf = (runDir: string) => join(runDir, "device.json");

/** What a run is to be on: what the recipe names, or under `auto` what the run in this folder was on before, if there was one; then null. */
export async function keptDevice({ executor, device }: On, runDir: string): Promise<On | null> {
  const file = fileOf(runDir);
  if (device !== "auto" || !(await exists(file))) return null;
  const record = RunDevice.safeParse(jsonOf(await readFile(file, "utf8")));
  if (!record.success) {
    const cure = "Remove it, and the device is chosen anew.";
    throw new CheckpointError({ place: { file }, message: "this is not what a run writes", cure });
  }
  // the other library was asked for since
  if (executor !== "auto" && executor !== record.data.executor) return null;
  return { executor: record.data.executor, device: record.data.device as On["device"] };
}

/** Says in the run folder what the run is on. One that was kept stands there already. */
export async function recordDevice(runDir: string, { device, rates }: EngineInfo): Promise<void> {
  if (device === undefined) return;
  const [executor, on] = device.split("-");
  const record = { executor, device: on, chosen_by: rates === undefined ? "recipe" : "auto", gflops: rates ?? null };
  await atomicWrite(fileOf(runDir), `${JSON.stringify(record, null, 2)}\n`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
