import { EmbeddedEngine } from "../../engines/embedded/engine.ts";
import { policyOf } from "../../engines/embedded/policy.ts";
import type { Executor } from "../../engines/executor.ts";
import { OnnxExecutor } from "../../engines/onnx/executor.ts";
import { losses } from "../../trainers/losses/index.ts";
import { decoderWeights, smallDecoder, textRows } from "../decoder-fixture.ts";

const STEPS = 3;
/** An eps that keeps the update of entries with hardly a gradient from turning around. */
const ADAMW = { lr: 0.01, betas: [0.9, 0.95] as [number, number], eps: 1e-3, weight_decay: 0.1, max_grad_norm: 0.05 };

export interface Training {
  /** the largest difference of a weight */
  gap: number;
  /** of the last step, bytes */
  toDevice: number;
  toHost: number;
  /** of all weights */
  weights: number;
}

/** A few steps of AdamW on a small decoder, each on the gradient of several passes, beside the same on the host's state and onnx-cpu. */
export async function compareTraining(executor: Executor): Promise<Training> {
  const policy = policyOf(smallDecoder());
  const rows = textRows(policy.model.vocab);
  const start = async (on: Executor) =>
    new EmbeddedEngine(policy, decoderWeights(policy), losses, STORE, { slots: 1, threads: 1, executor: on });
  const host = new OnnxExecutor({ threads: 1 });
  const [expected, actual] = [await start(host), await start(executor)];
  let before = { ...executor.traffic };
  for (let step = 0; step < STEPS; step++) {
    before = { ...executor.traffic };
    for (const engine of [expected, actual]) {
      await engine.forwardBackward(rows, { name: "cross_entropy", options: {}, temperature: 1 });
      await engine.optimStep(ADAMW);
    }
  }
  const traffic = { toDevice: executor.traffic.toDevice - before.toDevice, toHost: executor.traffic.toHost - before.toHost };
  const training: Training = { gap: 0, ...traffic, weights: 0 };
  for (const { name } of policy.trained) {
    const [a, b] = [(await expected.parameter(name))!, (await actual.parameter(name))!];
    training.weights += a.byteLength;
    for (let i = 0; i < a.length; i++) {
      const gap = Math.abs(a[i]! - b[i]!);
      // NaN is the largest there is
      if (!(gap <= training.gap)) training.gap = gap;
    }
  }
  await expected.close();
  return training;
}

const STORE = { exact: true, write: async () => {}, read: async () => {} };
