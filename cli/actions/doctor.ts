import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { EXIT } from "../exit.ts";
import { paint, type Terminal } from "../terminal/terminal.ts";
import { printable } from "../terminal/text.ts";
import { listDevices, placesOf, tryDevices } from "./doctor/devices.ts";
import { type Finding, versionOf } from "./doctor/finding.ts";
import { graphics } from "./doctor/graphics.ts";
import { python } from "./doctor/python.ts";

export interface DoctorOptions {
  json?: boolean;
  /** load every device, and hold what it computes against float64 */
  full?: boolean;
  /** the same for one */
  device?: string;
}

export type { Finding } from "./doctor/finding.ts";

const OLDEST_NODE = [20, 19];
const MEMORY_MB = 2000;

/** Looks at the machine; returns exit code 2 where something keeps vlrl from working. */
export async function doctor(
  { json, ...options }: DoctorOptions,
  terminal: Terminal,
  examine: (options: DoctorOptions) => Promise<Finding[]> = findings,
): Promise<number> {
  const found = await examine(options);
  if (json) terminal.out(`${JSON.stringify(found)}\n`);
  else for (const finding of found) terminal.out(findingText(finding, terminal));
  return found.some(({ state }) => state === "failed") ? EXIT.user : EXIT.ok;
}

function findingText({ name, state, detail, cure }: Finding, terminal: Terminal): string {
  const mark = { ok: "ok      ", optional: "–       ", failed: "missing " }[state];
  const head = `${paint(mark, state === "ok" ? "green" : state === "failed" ? "yellow" : "dim", terminal)}${name}: ${printable(detail)}`;
  return `${head}\n${cure === undefined ? "" : `        ${cure}\n`}`;
}

async function findings({ full = false, device }: DoctorOptions): Promise<Finding[]> {
  // a name that is none is said before anything is measured
  const places = device === undefined ? undefined : placesOf(device);
  return [
    nodeVersion(process.versions.node),
    cores(),
    memory(totalmem()),
    await runtime(),
    await pictures(),
    await folder(process.cwd()),
    ...graphics(),
    await python(),
    ...(full || places !== undefined ? await tryDevices(places) : await listDevices()),
  ];
}

export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > OLDEST_NODE[0]! || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]!);
  const detail = `${version} on ${process.platform} ${process.arch}`;
  return enough
    ? { name: "Node", state: "ok", detail }
    : { name: "Node", state: "failed", detail, cure: `Install Node ${OLDEST_NODE.join(".")} or newer: https://nodejs.org` };
}

function cores(): Finding {
  return { name: "processor", state: "ok", detail: `${availableParallelism()} cores` };
}

function memory(bytes: number): Finding {
  const megabytes = Math.round(bytes / 1e6);
  const enough = megabytes >= MEMORY_MB;
  const cure = enough ? undefined : `The quickstart wants about ${MEMORY_MB} MB: lower groups_per_step, or use a larger machine.`;
  return { name: "memory", state: enough ? "ok" : "failed", detail: `${megabytes} MB`, cure };
}

async function runtime(): Promise<Finding> {
  const name = "onnxruntime-node";
  return attempt(name, "Install again: npm install onnxruntime-node", async () => {
    const [{ OnnxExecutor }, { productRate }] = await Promise.all([
      import("../../engines/onnx/executor.ts"),
      import("../../engines/self-test.ts"),
    ]);
    const gflops = await productRate(new OnnxExecutor({ threads: 0 }), { side: 512, milliseconds: 300 });
    return { detail: `${versionOf(name)}, multiplies 512x512 matrices at ${gflops.toFixed(0)} GFLOP/s` };
  });
}

async function pictures(): Promise<Finding> {
  return attempt("sharp", "Install again: npm install sharp", async () => {
    const { default: sharp } = await import("sharp");
    const { info } = await sharp({ create: { width: 2, height: 2, channels: 3, background: "white" } })
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.size !== 12) throw new Error(`a 2x2 picture came out as ${info.size} bytes`);
    return { detail: `${versionOf("sharp")}, libvips ${sharp.versions.vips}` };
  });
}

async function folder(path: string): Promise<Finding> {
  return attempt("folder", "Change to a folder of your own, or give --run-dir.", async () => {
    await access(path, constants.W_OK);
    return { detail: `${path} may be written` };
  });
}

/** A check that may find anything broken: whatever it throws is what the reader wants to know. */
async function attempt(name: string, cure: string, look: () => Promise<{ detail: string; cure?: string }>): Promise<Finding> {
  try {
    return { name, state: "ok", ...(await look()) };
  } catch (error) {
    return { name, state: "failed", detail: error instanceof Error ? error.message.split("\n")[0]! : String(error), cure };
  }
}
