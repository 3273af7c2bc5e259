import type { OnnxGraph, Weight } from "./graph.ts";

/** Reads a tensor of the checkpoint by its name. */
export type Read = (name: string) => Promise<Float32Array>;

/** Rows and columns of a matrix swapped, in blocks that stay in the cache. */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const block = 32;
  const out = new Float32Array(data.length);
  for (let top = 0; top < rows; top += block) {
    for (let left = 0; left < columns; left += block) {
      const [bottom, right] = [Math.min(rows, top + block), Math.min(columns, left + block)];
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) out[column * rows + row] = data[row * columns + column]!;
      }
    }
  }
  return out;
}

/** The layers that both towers are made of, over tensors of a checkpoint. Only operators of the ONNX standard. */
export class Blocks {
  constructor(
    readonly graph: OnnxGraph,
    private readonly read: Read,
  ) {}

  /** A tensor of the checkpoint as it is. */
  tensor(name: string, shape: readonly number[]): string {
    return this.graph.weight({ name, shape, read: () => this.read(name) });
  }

  /**
   * x [..., inputs] times a checkpoint's matrix [outputs, inputs]. The file holds it turned around, as MatMul and the tools that quantise its
   * constants want it.
   */
  linear(x: string, name: string, [outputs, inputs]: [number, number], bias: boolean): string {
    const matrix: Weight = {
      name: `${name}.weight.transposed`,
      shape: [inputs, outputs],
      read: async () => transposed(await this.read(`${name}.weight`), outputs, inputs),
    };
    const y = this.graph.node("MatMul", [x, this.graph.weight(matrix)]);
    return bias ? this.graph.node("Add", [y, this.tensor(`${name}.bias`, [outputs])]) : y;
  }

  /** x over the root of its mean square along the last axis, in the steps that ONNX Runtime knows to join into one. */
  rmsNorm(x: string, name: string, size: number, eps: number): string {
    const { graph } = this;
    const mean = graph.node("ReduceMean", [graph.node("Pow", [x, graph.float(2)]), graph.ints([-1])]);
    const root = graph.node("Sqrt", [graph.node("Add", [mean, graph.float(eps)])]);
    return graph.node("Mul", [graph.node("Div", [x, root]), this.tensor(`${name}.weight`, [size])]);
  }

  layerNorm(x: string, name: string, size: number, eps: number): string {
    const inputs = [x, this.tensor(`${name}.weight`, [size]), this.tensor(`${name}.bias`, [size])];
    return this.graph.node("LayerNormalization", inputs, { axis: -1, epsilon: { float: eps } });
  }

  silu(x: string): string {
    return this.graph.node("Mul", [x, this.graph.node("Sigmoid", [x])]);
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.graph.node("Reshape", [x, this.graph.ints(shape)]);
  }

  transpose(x: string, perm: number[]): string {
    return this.graph.node("Transpose", [x], { perm });
  }
}
