import { Random } from "../../core/random.ts";
import { add, greater, input, mul, reshape, slice, sub, type Tensor } from "../graph/build.ts";
import type { ParameterSpec } from "./architecture.ts";

/**
 * A low-rank update beside a linear layer: y = W x + scaling * up (down x), where only `down` [rank, in] and `up` [out, rank] are trained.
 * Source: LoRA (arXiv:2106.09685).
 */
export interface Adapter {
  /** the layer that it stands on, as the checkpoint names it */
  layer: string;
  rank: number;
  scaling: number;
  /** share of the inputs of `down` that training drops */
  dropout: number;
  /** names of its two parameters, as Python's PEFT has them */
  down: string;
  up: string;
}

export function adapterParameters({ parameters }: { parameters: readonly ParameterSpec[] }, adapters: Iterable<Adapter>): ParameterSpec[] {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  return [...adapters].flatMap(({ layer, rank, down, up }): ParameterSpec[] => {
    const [out, into] = shapes.get(`${layer}.weight`) as [number, number];
    return [
      { name: down, shape: [rank, into], init: { kind: "uniform", limit: 1 / Math.sqrt(into) } },
      { name: up, shape: [out, rank], init: { kind: "zeros" } },
    ];
  });
}

/**
 * Dropout of adapters' inputs. What is dropped is said by two vectors, one over tokens and one over features, new for every update: entry
 * (t, i) is dropped where the fractional part of rows[t] + columns[i] is below the share. Any two entries are independent, which is what
 * dropout needs, and the noise of a pass is thousands of numbers in place of millions.
 */
export class DropoutNoise {
  private readonly index: Map<string, number>;
  private readonly widest: number;

  constructor(
    private readonly adapters: readonly Adapter[],
    parameters: readonly ParameterSpec[],
  ) {
    const widths = new Map(parameters.map(({ name, shape }) => [name, shape[1]!]));
    this.index = new Map(adapters.map(({ layer }, i) => [layer, i]));
    this.widest = Math.max(...adapters.map(({ down }) => widths.get(down)!));
  }

  /** x [M, in] with its share of entries at 0 and the others scaled up to make good for them. */
  apply({ layer, dropout }: Adapter, x: Tensor): Tensor {
    const [tokens, width] = [x.shape[0]!, x.shape[1]!];
    const [count, at] = [this.adapters.length, this.index.get(layer)!];
    const rows = reshape(slice(input("dropout_rows", [count, tokens]), 0, at, at + 1), [tokens, 1]);
    const columns = slice(slice(input("dropout_columns", [count, this.widest]), 0, at, at + 1), 1, 0, width);
    const total = add(rows, columns);
    // the fractional part is below the share: the sum itself is, or is at least 1 and less than the share beyond
    const dropped = add(greater(dropout, total), mul(greater(1 + dropout, total), sub(1, greater(1, total))));
    return mul(x, mul(sub(1, dropped), 1 / (1 - dropout)));
  }

  /** The noise of a pass. `seeds`: one number a token, which says whose it is; the same token of the same update has the same noise in any pass. */
  feeds(seed: number, seeds: readonly number[]): { dropout_rows: Float32Array; dropout_columns: Float32Array } {
    const { adapters, widest } = this;
    const rows = new Float32Array(adapters.length * seeds.length);
    const columns = new Float32Array(adapters.length * widest);
    adapters.forEach((_, a) => {
      const random = Random.of(seed, "dropout", a);
      for (let i = 0; i < widest; i++) columns[a * widest + i] = random.uniform();
      const offset = random.integer(0, 0x7fffffff);
      seeds.forEach((own, t) => {
        rows[a * seeds.length + t] = mixed(own ^ offset) / 2 ** 32;
      });
    });
    return { dropout_rows: rows, dropout_columns: columns };
  }
}

/** A number of 32 bits well stirred. Source: the finalizer of MurmurHash3. */
function mixed(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
