import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Executor } from "../executor.ts";
import { OnnxExecutor } from "./executor.ts";
import type { OnnxDevice } from "./runtime.ts";

const Profile = z.array(
  z.object({ cat: z.string(), name: z.string(), args: z.object({ op_name: z.string(), provider: z.string() }).partial().optional() }),
);

/**
 * ONNX's operators that the runtime computed on the processor while `work` ran on another device, with how many times in all, most often
 * first: the provider lacks them, or takes them for arithmetic on shapes. From the runtime's own profile of every session.
 */
export async function onProcessor(
  device: OnnxDevice,
  threads: number,
  work: (executor: Executor) => Promise<unknown>,
): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), "vlrl-placement-"));
  try {
    const executor = new OnnxExecutor({ threads, device, profile: join(folder, "session") });
    await work(executor);
    await executor.close();
    const counts = new Map<string, number>();
    for (const file of await readdir(folder)) {
      for (const operator of processorNodes(await readFile(join(folder, file), "utf8"))) {
        counts.set(operator, (counts.get(operator) ?? 0) + 1);
      }
    }
    return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The operators of a profile's nodes that ran on the processor, one entry a run of a node. */
export function processorNodes(profile: string): string[] {
  return Profile.parse(JSON.parse(profile))
    .filter(({ cat, name, args }) => cat === "Node" && name.endsWith("_kernel_time") && args?.provider === "CPUExecutionProvider")
    .map(({ args }) => args?.op_name ?? "unnamed");
}
