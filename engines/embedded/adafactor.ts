import type { AdafactorStep } from "../engine.ts";
import { sizeOf } from "../graph/tensor.ts";

/** What Adafactor remembers of one parameter: means of squares over its last two axes, or of every entry where it has but one axis. */
export interface AdafactorState {
  /** [..., m] and [..., n] of a parameter [..., m, n] */
  rows?: Float32Array;
  columns?: Float32Array;
  /** of a vector: its squares */
  squares?: Float32Array;
  /** mean of the updates, with `beta1` */
  updates?: Float32Array;
}

/** Shapes of what is kept of a parameter, by kind; those that the options ask for. */
export function adafactorShapes(shape: readonly number[], beta1: number | null): { [Kind in keyof AdafactorState]?: number[] } {
  const own = beta1 === null ? {} : { updates: [...shape] };
  if (shape.length < 2) return { squares: [...shape], ...own };
  return { rows: shape.slice(0, -1), columns: [...shape.slice(0, -2), shape.at(-1)!], ...own };
}

/**
 * One Adafactor step in place: the second moment of a matrix is kept as the means of its rows and columns, a few numbers instead of one an
 * entry. `scale` multiplies the gradient first, `lr` is the step's rate and `step` counts from 1.
 * Source: Shazeer & Stern (arXiv:1804.04235), in the order of operations of transformers' Adafactor.
 */
export function adafactor(
  weights: Float32Array,
  gradient: Float32Array,
  state: AdafactorState,
  shape: readonly number[],
  options: AdafactorStep & { lr: number; weight_decay: number },
  step: number,
  scale: number,
): void {
  const { eps, clip_threshold, decay_rate, beta1, scale_parameter, weight_decay } = options;
  const lr = options.lr * (scale_parameter ? Math.max(eps[1], rms(weights)) : 1);
  const kept = 1 - step ** decay_rate;
  const update = Float64Array.from(gradient, (g) => g * scale);
  if (state.squares !== undefined) throughSquares(update, state.squares, kept, eps[0]);
  else throughMeans(update, state.rows!, state.columns!, shape, kept, eps[0]);
  const factor = lr / Math.max(1, rms(update) / clip_threshold);
  const keep = 1 - lr * weight_decay;
  const { updates } = state;
  for (let i = 0; i < weights.length; i++) {
    let change = update[i]! * factor;
    if (beta1 !== null) {
      change = beta1 * updates![i]! + (1 - beta1) * change;
      updates![i] = change;
    }
    weights[i] = weights[i]! * keep - change;
  }
}

/** Divides each entry by the root of the mean of its own squares. */
function throughSquares(update: Float64Array, squares: Float32Array, kept: number, eps: number): void {
  for (let i = 0; i < update.length; i++) {
    const g = update[i]!;
    squares[i] = kept * squares[i]! + (1 - kept) * (g * g + eps);
    update[i] = g / Math.sqrt(squares[i]!);
  }
}

/** Divides each entry by the root of what its row's and its column's means make of its square: row * column / mean of the rows. */
function throughMeans(
  update: Float64Array,
  rows: Float32Array,
  columns: Float32Array,
  shape: readonly number[],
  kept: number,
  eps: number,
): void {
  const [m, n] = [shape.at(-2)!, shape.at(-1)!];
  const matrices = sizeOf(shape) / (m * n);
  for (let k = 0; k < matrices; k++) {
    const [own, byRow, byColumn] = [k * m * n, k * m, k * n];
    const sums = new Float64Array(n);
    let mean = 0;
    for (let r = 0; r < m; r++) {
      let sum = 0;
      for (let c = 0; c < n; c++) {
        const square = update[own + r * n + c]! ** 2 + eps;
        sum += square;
        sums[c]! += square;
      }
      rows[byRow + r] = kept * rows[byRow + r]! + ((1 - kept) * sum) / n;
      mean += rows[byRow + r]! / m;
    }
    for (let c = 0; c < n; c++) columns[byColumn + c] = kept * columns[byColumn + c]! + ((1 - kept) * sums[c]!) / m;
    for (let r = 0; r < m; r++) {
      const row = rows[byRow + r]! / mean;
      for (let c = 0; c < n; c++) update[own + r * n + c]! /= Math.sqrt(row) * Math.sqrt(columns[byColumn + c]!);
    }
  }
}

function rms(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! ** 2;
  return Math.sqrt(total / values.length);
}
