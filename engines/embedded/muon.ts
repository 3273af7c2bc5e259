import { groupBy } from "../../core/group-by.ts";
import type { MuonStep } from "../engine.ts";
import { add, constant, div, input, matmul, mul, reduceSum, sqrt, type Tensor } from "../graph/build.ts";
import type { ParameterSpec } from "./architecture.ts";
import type { SessionCache } from "./sessions.ts";

/**
 * Muon: momentum whose update is made orthogonal, so that every direction of a matrix learns at the same pace. For matrices within the
 * blocks; vectors, embeddings and the head stay AdamW's. Source: Jordan et al. (kellerjordan.github.io/posts/muon, 2024).
 */

/** Quintic that pulls singular values of at most 1 towards 1 in few steps (to between 0.7 and 1.2, which is enough). */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/** Whether a parameter is Muon's to train: a matrix of a numbered block (`layers.3.`). */
export function isBlockMatrix({ name, shape }: ParameterSpec): boolean {
  return shape.length === 2 && /\.\d+\./.test(name);
}

/** One matrix of a step: `momentum` and `weights` change in place. */
export interface MuonMatrix {
  shape: readonly number[];
  weights: Float32Array;
  gradient: Float32Array;
  momentum: Float32Array;
  lr: number;
  weight_decay: number;
}

/** One step in place. Matrices of one shape are made orthogonal together. `scale` multiplies the gradients first (clipping). */
export async function muon(
  matrices: readonly MuonMatrix[],
  { momentum, ns_steps }: Pick<MuonStep, "momentum" | "ns_steps">,
  scale: number,
  sessions: SessionCache,
): Promise<void> {
  for (const stack of groupBy(matrices, ({ shape }) => shape.join()).values()) {
    const [rows, columns] = stack[0]!.shape as [number, number];
    const size = rows * columns;
    const updates = new Float32Array(stack.length * size);
    stack.forEach(({ gradient, momentum: held }, s) => {
      for (let i = 0; i < size; i++) {
        const g = gradient[i]! * scale;
        held[i] = held[i]! + (1 - momentum) * (g - held[i]!);
        updates[s * size + i] = g + momentum * (held[i]! - g);
      }
    });
    const shape = [stack.length, rows, columns];
    const session = await sessions.get(`orthogonal:${shape},${ns_steps}`, () => ({ orthogonal: orthogonalGraph(shape, ns_steps) }));
    const { orthogonal } = await session.run({ updates });
    stack.forEach(({ weights, lr, weight_decay }, s) => {
      const rate = lr * Math.sqrt(Math.max(1, rows / columns));
      const keep = 1 - lr * weight_decay;
      for (let i = 0; i < size; i++) weights[i] = weights[i]! * keep - rate * orthogonal![s * size + i]!;
    });
  }
}

/** `updates` [k, m, n] to about the nearest matrices whose singular values are all 1, by Newton-Schulz steps: [k, m, n]. */
export function orthogonalGraph(shape: readonly number[], steps: number): Tensor {
  const [, rows, columns] = shape as [number, number, number];
  const tall = rows > columns;
  const side = Math.min(rows, columns);
  const constantTerm = constant(
    Float64Array.from({ length: side * side }, (_, i) => (i % (side + 1) === 0 ? A : 0)),
    [side, side],
  );
  const given = input("updates", [...shape]);
  let x = div(given, add(sqrt(reduceSum(mul(given, given), [1, 2], true)), 1e-7));
  for (let step = 0; step < steps; step++) {
    const gram = matmul(x, x, tall ? { transA: true } : { transB: true });
    const factor = add(add(mul(gram, B), matmul(gram, gram, { alpha: C })), constantTerm);
    x = tall ? matmul(x, factor) : matmul(factor, x);
  }
  return x;
}
