import { deriveSeed, Random } from "../../core/random.ts";
import { add, gatherRows, greater, input, mul, slice, sub, type Tensor } from "../graph/build.ts";
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

/** The input of a graph that says whose the rows of text are, and the like for as many rows of pictures. */
const TOKEN_NOISE = "dropout_tokens";
const PICTURE_NOISE = "dropout_pictures:";
const COLUMN_NOISE = "dropout_columns";

/** Whose the rows are that a layer works on: all tokens of a pass, some of them, or rows of pictures. */
export type RowScope = { of: "tokens"; at: Tensor | null } | { of: "pictures" };

/**
 * Dropout of adapters' inputs. What is dropped is said by two vectors, one over rows and one over features, new for every update: entry
 * (r, i) is dropped where the fractional part of rows[r] + columns[i] is below the share. Any two entries are independent, which is what
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

  /** Noise for the layers of one graph of `tokens` tokens: x [M, in] with its share of entries at 0 and the others scaled up for them. */
  inGraph(tokens: number): (adapter: Adapter, x: Tensor, scope: RowScope) => Tensor {
    const count = this.adapters.length;
    const inputs = new Map<string, Tensor>();
    const shared = (name: string, shape: number[]): Tensor => {
      const known = inputs.get(name) ?? input(name, shape);
      inputs.set(name, known);
      return known;
    };
    return ({ layer, dropout }, x, scope) => {
      const [rows, width] = [x.shape[0]!, x.shape[1]!];
      const a = this.index.get(layer)!;
      const all = scope.of === "tokens" ? shared(TOKEN_NOISE, [tokens, count]) : shared(`${PICTURE_NOISE}${rows}`, [rows, count]);
      const own = slice(all, 1, a, a + 1);
      const down = scope.of === "tokens" && scope.at !== null ? gatherRows(own, scope.at) : own;
      const across = slice(slice(shared(COLUMN_NOISE, [count, this.widest]), 0, a, a + 1), 1, 0, width);
      const total = add(down, across);
      // the fractional part is below the share: the sum itself is, or is at least 1 and less than the share beyond
      const dropped = add(greater(dropout, total), mul(greater(1 + dropout, total), sub(1, greater(1, total))));
      return mul(x, mul(sub(1, dropped), 1 / (1 - dropout)));
    };
  }

  /**
   * What the inputs of a graph are fed for one update. `tokens`: a number for each token of the pass that says whose it is, `pictures`: one
   * for each of the pass's prompts. The same row of the same update has the same noise in any pass.
   */
  feeds(names: Iterable<string>, seed: number, tokens: readonly number[], pictures: readonly number[]): Record<string, Float32Array> {
    const out: Record<string, Float32Array> = {};
    for (const name of names) {
      if (name === TOKEN_NOISE) out[name] = this.rows(seed, tokens);
      if (name === COLUMN_NOISE) out[name] = this.columns(seed);
      if (!name.startsWith(PICTURE_NOISE)) continue;
      const count = Number(name.slice(PICTURE_NOISE.length));
      const each = count / pictures.length;
      out[name] = this.rows(
        seed,
        Array.from({ length: count }, (_, i) => noiseSeed(pictures[Math.floor(i / each)]!, i % each)),
      );
    }
    return out;
  }

  /** [adapters, widest] */
  private columns(seed: number): Float32Array {
    const out = new Float32Array(this.adapters.length * this.widest);
    const random = Random.of(seed, "dropout columns");
    for (let i = 0; i < out.length; i++) out[i] = random.uniform();
    return out;
  }

  /** [rows, adapters] */
  private rows(seed: number, owners: readonly number[]): Float32Array {
    const count = this.adapters.length;
    const offsets = Array.from({ length: count }, (_, a) => deriveSeed(seed, "dropout rows", a));
    const out = new Float32Array(owners.length * count);
    owners.forEach((owner, r) => {
      for (let a = 0; a < count; a++) out[r * count + a] = stirred(owner ^ offsets[a]!) / 2 ** 32;
    });
    return out;
  }
}

/** A number for one of many of something that has a number: its tokens, its patches. */
export function noiseSeed(of: number, index: number): number {
  return stirred(of ^ Math.imul(index + 1, 0x9e3779b1));
}

/** A number of 32 bits well stirred. Source: the finalizer of MurmurHash3. */
function stirred(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
