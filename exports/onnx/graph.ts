import onnxProto from "onnx-proto";

const { onnx } = onnxProto;

const DATA = onnx.TensorProto.DataType;
const ATTRIBUTE = onnx.AttributeProto.AttributeType;

/** Element types by the names that ONNX gives them. */
const TYPES = { float: DATA.FLOAT, int64: DATA.INT64, bool: DATA.BOOL } as const;
type ElementType = keyof typeof TYPES;

/** A number is fixed, a name is free; equal names are equal sizes. */
export type Dim = number | string;

/** An attribute: plain numbers are whole ones. */
type Attribute = number | number[] | string | { float: number };

/** A tensor that is read when the file is written. */
export interface Weight {
  name: string;
  shape: readonly number[];
  read(): Promise<Float32Array>;
}

export type NodeProto = InstanceType<typeof onnx.NodeProto>;
export type ValueInfo = ReturnType<typeof valueInfo>;
export interface SmallTensor {
  name: string;
  dataType: number;
  dims: number[];
  rawData: Uint8Array;
}

export function numel(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function attributeProto(name: string, value: Attribute) {
  if (typeof value === "number") return { name, type: ATTRIBUTE.INT, i: value };
  if (typeof value === "string") return { name, type: ATTRIBUTE.STRING, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) return { name, type: ATTRIBUTE.INTS, ints: value };
  return { name, type: ATTRIBUTE.FLOAT, f: value.float };
}

function valueInfo(name: string, type: ElementType, dims: readonly Dim[]) {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: TYPES[type], shape: { dim } } } };
}

/**
 * One ONNX graph with sizes that are free until it runs. Values go by their names; weights are only declared here, and read one by one
 * when the graph is written.
 */
export class OnnxGraph {
  readonly nodes: NodeProto[] = [];
  readonly inputs: ValueInfo[] = [];
  readonly outputs: ValueInfo[] = [];
  readonly weights: Weight[] = [];
  readonly constants: SmallTensor[] = [];
  private readonly known = new Map<string, string>();
  private count = 0;

  input(name: string, type: ElementType, dims: readonly Dim[]): string {
    this.inputs.push(valueInfo(name, type, dims));
    return name;
  }

  output(name: string, value: string, type: ElementType, dims: readonly Dim[]): void {
    this.nodes.push(onnx.NodeProto.create({ opType: "Identity", input: [value], output: [name] }));
    this.outputs.push(valueInfo(name, type, dims));
  }

  node(opType: string, inputs: string[], attributes: Record<string, Attribute> = {}): string {
    return this.several(1, opType, inputs, attributes)[0]!;
  }

  /** A node with more than one output. */
  several(count: number, opType: string, inputs: string[], attributes: Record<string, Attribute> = {}): string[] {
    const output = Array.from({ length: count }, () => `v${this.count++}`);
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    this.nodes.push(onnx.NodeProto.create({ opType, input: inputs, output, attribute }));
    return output;
  }

  cast(value: string, to: ElementType): string {
    return this.node("Cast", [value], { to: TYPES[to] });
  }

  /** Whole numbers, [n] unless `shape` says otherwise. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant("int64", shape, BigInt64Array.from(values, BigInt));
  }

  float(value: number): string {
    return this.constant("float", [], Float32Array.of(value));
  }

  /** A weight under its name; asked for again, it is the same one. */
  weight(weight: Weight): string {
    if (!this.known.has(weight.name)) {
      this.known.set(weight.name, weight.name);
      this.weights.push(weight);
    }
    return weight.name;
  }

  private constant(type: ElementType, shape: readonly number[], data: BigInt64Array | Float32Array): string {
    const key = `${type}[${shape}]:${data}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const name = `c${this.count++}`;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.constants.push({ name, dataType: TYPES[type], dims: [...shape], rawData });
    this.known.set(key, name);
    return name;
  }
}
