import { join } from "node:path";
import { DEVICES, type Device, type ExecutorName, openExecutor, prepareProcess } from "../../engines/devices.ts";
import { DeviceError, type Executor } from "../../engines/executor.ts";
import { onProcessor } from "../../engines/onnx/placement.ts";
import type { OnnxDevice } from "../../engines/onnx/runtime.ts";
import { selfTest } from "../../engines/self-test.ts";
import { checkGolden } from "../golden/check.ts";
import { ownFixtures } from "../golden/folders.ts";
import { opCases } from "../ops/cases.ts";
import { gapToReference } from "../ops/compare.ts";
import { lossCurve } from "./curve.ts";
import { Learning, learnedText } from "./learn.ts";
import { checkSampling } from "./sampling.ts";
import { checkStaying } from "./staying.ts";
import { compareTraining } from "./training.ts";

/**
 * Holds every device that is there against the float64 reference, operation by operation and forward and backward, and against PyTorch's
 * numbers of a Llama and a SmolVLM. Prints one line a check, counts the devices that are not there, and ends with 1 where a check failed.
 * `npm run test:devices -- tfjs-wasm onnx-webgpu` takes those alone; `--ops` leaves the models out, which a software GPU takes minutes for; `--curve`
 * adds the quickstart's first steps, beside those on onnx-cpu; `--learn` the quickstart, shortened: GRPO on the device from a cold start that was taken
 * on onnx-cpu has to raise accuracy beyond its 95 % interval, and with a random reward, on onnx-cpu, must not.
 */

/**
 * Shares of a value's size, or of 1. float32 rounds at 6e-8 and cases add up ten numbers or so; GPUs are allowed approximate exp, log and
 * division, Vulkan's to 3 + 2 |x| units in the last place.
 */
const TOLERANCE: Record<string, number> = { "onnx-cuda": 1e-4, "tfjs-gpu": 1e-4 };
const USUAL = 2e-5;
const MODELS = ["llama", "idefics3"];
const CURVE_STEPS = 50;
/** Nats, of losses from 6.8 down to 2: 50 updates on from roundings of 1e-6. */
const CURVE_TOLERANCE = 1e-3;
/** Of a weight after three steps of 0.01: gradients' roundings of 1e-6, over AdamW's eps of 1e-3. */
const TRAINING_TOLERANCE = 1e-4;

interface Tally {
  checks: number;
  failed: number;
}

/** The curve on onnx-cpu, which the others are held against, drawn once. */
let expectedCurve: Promise<number[]> | undefined;
/** The cold start on onnx-cpu, taken once. */
let learning: Promise<Learning> | undefined;

async function checkDevice(
  name: string,
  executor: Executor,
  models: readonly string[],
  more: { curve: boolean; learn: boolean },
): Promise<Tally> {
  const { curve, learn } = more;
  const tally: Tally = { checks: 0, failed: 0 };
  const say = (check: string, detail: string, right: boolean) => {
    tally.checks++;
    if (!right) tally.failed++;
    console.log(`  ${check.padEnd(36)} ${detail}${right ? "" : "  FAILED"}`);
  };
  const attempt = async (check: string, work: () => Promise<[string, boolean]>) => {
    try {
      say(check, ...(await work()));
    } catch (error) {
      say(check, error instanceof Error ? error.message.split("\n")[0]! : String(error), false);
    }
  };
  await attempt("self-test", async () => [(await selfTest(executor)).difference.toExponential(1), true]);
  await attempt("values that stay", async () => {
    const bytes = await checkStaying(executor);
    return [executor.holds ? `${bytes} bytes a step` : "cannot here: copied by the host", true];
  });
  await attempt("training that stays", async () => {
    const { gap, toDevice, toHost, weights } = await compareTraining(executor);
    const copied = executor.remote ? `; ${toDevice} bytes there and ${toHost} back a step, weights ${weights}` : "";
    return [`${gap.toExponential(1)} from the host's${copied}`, gap < TRAINING_TOLERANCE];
  });
  const tolerance = TOLERANCE[name] ?? USUAL;
  const refused: string[] = [];
  for (const [op, cases] of Object.entries(opCases)) {
    await attempt(op, async () => {
      let worst = { size: 0, at: "" };
      for (const [i, opCase] of cases.entries()) {
        try {
          const gap = await gapToReference(executor, opCase, 11 + i);
          if (!(gap.size <= worst.size)) worst = { ...gap, at: `case ${i}, ${gap.at}` };
        } catch (error) {
          // said by name is right: a device need not have everything
          if (!(error instanceof DeviceError) || error.failure !== "unsupported") throw error;
          refused.push(op);
        }
      }
      return [`${worst.size.toExponential(1)} ${worst.at}`, worst.size < tolerance];
    });
  }
  const [library, device] = name.split("-") as [string, OnnxDevice];
  if (library === "onnx" && device !== "cpu") {
    for (const [op, cases] of Object.entries(opCases)) {
      const left = await onProcessor(device, 0, async (profiled) => {
        // what is refused was said above
        for (const [i, opCase] of cases.entries()) await gapToReference(profiled, opCase, 11 + i).catch(() => {});
      });
      if (Object.keys(left).length > 0) console.log(`  ${op.padEnd(36)} left to the processor: ${Object.keys(left).join(", ")}`);
    }
  }
  for (const model of models) {
    await attempt(model, async () => {
      const sections = await checkGolden(join(ownFixtures, model), executor);
      const worst = sections.reduce((most, section) => (section.share > most.share ? section : most));
      return [`${(100 * worst.share).toFixed(0)} % of the tolerance, ${worst.section}`, worst.share <= 1];
    });
  }
  await attempt("sampling", async () => {
    const { difference, bytes } = await checkSampling(executor);
    return [`${difference.toExponential(1)} nats, ${bytes.toFixed(0)} bytes a token`, difference < tolerance];
  });
  if (curve) {
    await attempt(`quickstart, ${CURVE_STEPS} SFT steps`, async () => {
      expectedCurve ??= lossCurve("onnx", "cpu", CURVE_STEPS);
      const [expected, actual] = [await expectedCurve, await lossCurve(...(name.split("-") as [string, string]), CURVE_STEPS)];
      const largest = expected.reduce((most, loss, i) => Math.max(most, Math.abs(actual[i]! - loss)), 0);
      return [
        `${largest.toExponential(1)} nats, losses ${actual[0]!.toFixed(2)} to ${actual.at(-1)!.toFixed(2)}`,
        largest < CURVE_TOLERANCE,
      ];
    });
  }
  if (learn) {
    await attempt("quickstart, 60 GRPO steps", async () => {
      learning ??= Learning.begin();
      const learned = await (await learning).goOn("quickstart.yaml", ...(name.split("-") as [string, string]));
      return [learnedText(learned), learned.after.accuracy_low > learned.before.accuracy_high];
    });
    // of the measure, not of the device
    if (name === "onnx-cpu") {
      await attempt("the same, paid at random", async () => {
        const learned = await (await learning!).goOn("quickstart-control.yaml", "onnx", "cpu");
        return [learnedText(learned), learned.after.accuracy_low <= learned.before.accuracy_high];
      });
    }
  }
  if (refused.length > 0) console.log(`  refused by name: ${[...new Set(refused)].join(", ")}`);
  return tally;
}

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith("--"));
const models = args.includes("--ops") ? [] : MODELS;
prepareProcess();
const absent: string[] = [];
const totals = { devices: 0, checks: 0, failed: 0 };
for (const [executor, devices] of Object.entries(DEVICES)) {
  for (const device of devices) {
    const name = `${executor}-${device}`;
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    let opened: Executor;
    try {
      opened = await openExecutor({ executor: executor as ExecutorName, device: device as Device, threads: 0 });
    } catch (error) {
      if (!(error instanceof DeviceError) || error.failure !== "absent") throw error;
      absent.push(name);
      console.log(`${name} is not there: ${error.problems[0]!.message}`);
      continue;
    }
    console.log(`${name}${opened.detail === undefined ? "" : ` (${opened.detail})`}`);
    const { checks, failed } = await checkDevice(name, opened, models, {
      curve: args.includes("--curve"),
      learn: args.includes("--learn"),
    });
    totals.devices++;
    totals.checks += checks;
    totals.failed += failed;
    await opened.close();
  }
}
console.log(
  `${totals.devices} devices, ${totals.checks} checks, ${totals.failed} failed; ${absent.length} absent${absent.length > 0 ? `: ${absent.join(", ")}` : ""}`,
);
await (await learning)?.end();
process.exitCode = totals.failed > 0 || totals.devices === 0 ? 1 : 0;
