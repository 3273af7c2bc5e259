import { DeviceError, type Executor, type HostFeed } from "./executor.ts";
import * as g from "./graph/build.ts";
import { differentiate } from "./graph/differentiate.ts";
import { sizeOf, type Tensor } from "./graph/tensor.ts";
import { runReference } from "./reference/run.ts";

const [TOKENS, WIDTH, HEADS, VOCAB] = [12, 16, 2, 24];

/** Of the largest entry. float32 against float64, over some twenty operations: seen are 1e-6, and a wrong kernel is off by far more. */
export const SELF_TEST_TOLERANCE = 1e-4;

/** A layer as a language model has it, with attention, norms, a gated unit and the logprobs of its tokens; a scalar and its parameters. */
function smallModel(): { loss: Tensor; parameters: Tensor[] } {
  const parameter = (name: string, ...shape: number[]) => g.input(name, shape);
  const table = parameter("table", VOCAB, WIDTH);
  const norms = ["norm1", "norm2", "bias"].map((name) => parameter(name, WIDTH));
  const weights = ["q", "k", "v", "o", "gate", "up", "down"].map((name) => parameter(name, WIDTH, WIDTH));
  const [q, k, v, o, gate, up, down] = weights as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  const ids = g.input("ids", [TOKENS], "int");
  const [cos, sin] = [parameter("cos", TOKENS, WIDTH / HEADS / 2), parameter("sin", TOKENS, WIDTH / HEADS / 2)];
  const x = g.gatherRows(table, ids);
  const normal = g.rmsNorm(x, norms[0]!, 1e-5);
  const heads = (y: Tensor) => g.transpose(g.reshape(y, [TOKENS, HEADS, WIDTH / HEADS]), [1, 0, 2]);
  const turned = (w: Tensor) => heads(g.rotary(g.linear(normal, w), cos, sin, HEADS));
  const scores = g.matmul(turned(q), turned(k), { transB: true, alpha: 0.35 });
  const mixed = g.matmul(g.softmax(scores), heads(g.linear(normal, v)));
  const attended = g.add(x, g.linear(g.reshape(g.transpose(mixed, [1, 0, 2]), [TOKENS, WIDTH]), o));
  const centred = g.layerNorm(attended, norms[1]!, norms[2]!, 1e-5);
  const gated = g.mul(g.add(g.silu(g.linear(centred, gate)), g.geluTanh(g.linear(centred, up))), g.sigmoid(centred));
  const out = g.add(attended, g.linear(gated, down));
  const logprobs = g.tokenLogprob(g.linear(out, table), ids);
  const ratio = g.exp(g.mul(logprobs, 0.1));
  return { loss: g.sum(g.minimum(ratio, g.clip(ratio, 0.6, 1.2))), parameters: [table, ...norms, ...weights] };
}

/** Runs a small model forward and backward, and gives the largest difference from float64 as a share of the largest entry; throws DeviceError where it is too large. */
export async function selfTest(executor: Executor): Promise<{ difference: number }> {
  const { loss, parameters } = smallModel();
  const outputs: Record<string, Tensor> = { loss };
  differentiate(loss, parameters).forEach((gradient, i) => {
    outputs[`g${i}`] = gradient;
  });
  const values = (tensor: Tensor, i: number) => Float32Array.from({ length: sizeOf(tensor.shape) }, (_, j) => Math.sin(1 + 7 * i + j) / 2);
  const feeds: Record<string, HostFeed> = Object.fromEntries(
    parameters.map((tensor, i) => [(tensor as Tensor<"input">).attributes.name, values(tensor, i)]),
  );
  feeds.ids = Int32Array.from({ length: TOKENS }, (_, i) => (i * 5) % VOCAB);
  const angles = Float32Array.from({ length: (TOKENS * WIDTH) / HEADS / 2 }, (_, i) => i / 10);
  [feeds.cos, feeds.sin] = [angles.map(Math.cos), angles.map(Math.sin)];
  const expected = runReference(outputs, feeds);
  const session = await executor.create(outputs);
  try {
    const actual = await session.run(feeds);
    let difference = 0;
    for (const [name, exact] of Object.entries(expected)) {
      const top = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      exact.forEach((value, i) => {
        const gap = Math.abs(actual[name]![i]! - value) / top;
        difference = Math.max(difference, Number.isNaN(gap) ? Infinity : gap);
      });
    }
    if (difference > SELF_TEST_TOLERANCE) {
      throw new DeviceError(executor.name, "wrong", `a small model's numbers are off by ${difference.toExponential(1)}`);
    }
    return { difference };
  } finally {
    await session.release();
  }
}

/** GFLOP/s of products of two [side, side] matrices, which are checked. */
export async function productRate(executor: Executor, { side, milliseconds }: { side: number; milliseconds: number }): Promise<number> {
  const session = await executor.create({ product: g.matmul(g.input("a", [side, side]), g.input("b", [side, side])) });
  const feeds = { a: new Float32Array(side * side).fill(0.5), b: new Float32Array(side * side).fill(2) };
  executor.keep(Object.values(feeds));
  try {
    const { product } = await session.run(feeds);
    // every entry is a sum of `side` ones, exact in float32
    if (product.some((value) => value !== side))
      throw new DeviceError(executor.name, "wrong", "the product of two matrices came out wrong");
    const started = performance.now();
    let runs = 0;
    for (; performance.now() - started < milliseconds; runs++) await session.run(feeds);
    return (2 * side ** 3 * runs) / ((performance.now() - started) * 1e6);
  } finally {
    executor.forget(Object.values(feeds));
    await session.release();
  }
}
