import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckpointError } from "../core/errors.ts";
import { writeSafetensors } from "../core/safetensors-write.ts";
import { type EngineFixture, engineFixture } from "../tests/engine-fixture.ts";
import { readModelWeights } from "./weights.ts";

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30_000);
afterAll(() => fixture.remove());

describe("loading weights", () => {
  async function problems(
    change: (tensors: Map<string, { shape: number[]; data: Float32Array }>) => void,
    halved?: ReadonlySet<string>,
  ): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "vlrl-weights-"));
    const { weights } = fixture;
    const { model } = fixture.policy;
    const tensors = new Map(model.parameters.map(({ name, shape }) => [name, { shape, data: weights[name]! }]));
    change(tensors);
    await writeSafetensors(join(folder, "model.safetensors"), tensors);
    const error: unknown = await readModelWeights(folder, model, halved).catch((thrown: unknown) => thrown);
    await rm(folder, { recursive: true });
    if (!(error instanceof CheckpointError)) throw new Error(`expected a CheckpointError, got ${error}`);
    return error.message;
  }

  test("names every tensor that is missing or not the model's", async () => {
    const { name } = fixture.policy.model.parameters[5]!;
    const message = await problems((tensors) => {
      tensors.set("model.extra.weight", tensors.get(name)!);
      tensors.delete(name);
    });
    expect(message).toContain(`model.safetensors: ${name}: this tensor of the model is missing`);
    expect(message).toContain("model.safetensors: model.extra.weight: the model has no such tensor\n  Does config.json belong to these");
  });

  test("names a tensor that half precision can't hold", async () => {
    const { name } = fixture.policy.model.parameters[5]!;
    const message = await problems(
      (tensors) => {
        const { shape, data } = tensors.get(name)!;
        tensors.set(name, { shape, data: data.with(2, 65520) });
      },
      new Set([name]),
    );
    expect(message).toContain(`${name}: holds 65520, more than the 65504 of half precision\n  Leave model.frozen_dtype at float32.`);
  });

  test("names a tensor of another shape with both shapes", async () => {
    const { name, shape } = fixture.policy.model.parameters.find((one) => one.shape.length === 2)!;
    const turned = [...shape].reverse();
    turned[0]! += 1;
    const message = await problems((tensors) =>
      tensors.set(name, { shape: turned, data: new Float32Array(turned.reduce((a, b) => a * b, 1)) }),
    );
    expect(message).toContain(name);
    expect(message.replaceAll(" ", "")).toContain(`[${shape}]`);
    expect(message.replaceAll(" ", "")).toContain(`[${turned}]`);
  });
});
