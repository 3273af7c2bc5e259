import { UserError } from "../../../core/errors.ts";
import { DEVICES, type Device, type ExecutorName, openExecutor, prepareProcess } from "../../../engines/devices.ts";
import { DeviceError, type Executor } from "../../../engines/executor.ts";
import type { OnnxDevice } from "../../../engines/onnx/runtime.ts";
import type { TfjsDevice } from "../../../engines/tfjs/backends.ts";
import { type Finding, versionOf } from "./finding.ts";
import { compareNumbers, type ModelNumbers, type ModelTest } from "./model-test.ts";

interface Place {
  executor: ExecutorName;
  device: Device;
}

const PLACES: Place[] = Object.entries(DEVICES).flatMap(([executor, devices]) =>
  devices.map((device) => ({ executor: executor as ExecutorName, device })),
);
const nameOf = ({ executor, device }: Place): string => `${executor}-${device}`;

/** The devices of this name: `wasm`, `tfjs-wasm`, or `tfjs` for all of its own. */
export function placesOf(name: string): Place[] {
  const found = PLACES.filter((place) => [nameOf(place), place.device, place.executor].includes(name));
  if (found.length > 0) return found;
  throw new UserError({
    place: { file: "--device" },
    message: `there is no device ${JSON.stringify(name)}`,
    cure: `One of: ${PLACES.map(nameOf).join(", ")}; or a part of such a name.`,
  });
}

/** What a look at the installed packages says of every device; nothing is loaded. */
export async function listDevices(): Promise<Finding[]> {
  const { tfjsParts } = await import("../../../engines/tfjs/backends.ts");
  return DEVICES.tfjs.map((device: TfjsDevice): Finding => {
    const { packages, cure } = tfjsParts(device);
    const versions = packages.map((name) => ({ name, version: versionOf(name) }));
    const there = device === "gpu" ? versions.some(({ version }) => version !== null) : versions.every(({ version }) => version !== null);
    const name = `tfjs-${device}`;
    const missing = versions.filter(({ version }) => version === null).map((one) => one.name);
    if (!there) return { name, state: "optional", detail: `${missing.join(", ")} not installed, and not needed`, cure };
    const installed = versions.filter(({ version }) => version !== null).map((one) => `${one.name} ${one.version}`);
    return { name, state: "ok", detail: `${installed.join(", ")}; not tried: vlrl doctor --device ${name}` };
  });
}

/** Loads each device and holds what it computes against float64; one that is not there says why, and how it is had. */
export async function tryDevices(places: readonly Place[] = PLACES, threads = 0): Promise<Finding[]> {
  prepareProcess();
  const { modelTest } = await import("./model-test.ts");
  const { ReferenceExecutor } = await import("../../../engines/reference/executor.ts");
  const model = await modelTest();
  const expected = await model.numbers(new ReferenceExecutor());
  const findings: Finding[] = [];
  for (const place of places) findings.push(await tryDevice(place, model, expected, threads));
  return findings;
}

async function tryDevice(place: Place, model: ModelTest, expected: ModelNumbers, threads: number): Promise<Finding> {
  const name = nameOf(place);
  let executor: Executor | null = null;
  try {
    const { productRate, selfTest } = await import("../../../engines/self-test.ts");
    executor = await openExecutor({ ...place, threads });
    const small = (await selfTest(executor)).difference;
    const difference = Math.max(small, compareNumbers(name, await model.numbers(executor), expected));
    const gflops = await productRate(executor, { side: 512, milliseconds: 300 });
    const tokensPerSecond = await model.tokensPerSecond(executor);
    const on_processor =
      place.executor === "onnx" && place.device !== "cpu" ? await leftToProcessor(place.device as OnnxDevice, model, threads) : undefined;
    const hardware = executor.detail === undefined ? "" : `${executor.detail}: `;
    const detail = `${hardware}right to ${difference.toExponential(1)}, ${gflops.toPrecision(2)} GFLOP/s, ${tokensPerSecond.toFixed(0)} tokens/s`;
    return {
      name,
      state: "ok",
      detail: on_processor === undefined ? detail : `${detail}; ${listed(on_processor)}`,
      measured: { difference, gflops, tokens_per_s: tokensPerSecond, on_processor },
    };
  } catch (error) {
    if (error instanceof DeviceError) {
      const [problem] = error.problems;
      const detail = problem!.message.replace(`${name}: `, "");
      return { name, state: error.failure === "absent" ? "optional" : "failed", detail, cure: problem!.cure };
    }
    // whatever a device throws is what the reader wants to know
    return { name, state: "failed", detail: error instanceof Error ? error.message.split("\n")[0]! : String(error) };
  } finally {
    await executor?.close();
  }
}

/** Operators of a small training step and of sampling that the provider leaves to the processor. */
async function leftToProcessor(device: OnnxDevice, model: ModelTest, threads: number): Promise<Record<string, number>> {
  const [{ onProcessor }, { selfTest }] = await Promise.all([
    import("../../../engines/onnx/placement.ts"),
    import("../../../engines/self-test.ts"),
  ]);
  return onProcessor(device, threads, async (executor) => {
    await selfTest(executor);
    await model.numbers(executor);
  });
}

function listed(operators: Record<string, number>): string {
  const names = Object.entries(operators).map(([name, count]) => `${name} (${count})`);
  return names.length === 0 ? "nothing left to the processor" : `left to the processor: ${names.join(", ")}`;
}
