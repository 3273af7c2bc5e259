import onnxProto from "onnx-proto";
import type { DType } from "../graph/ops.ts";
import { type Tensor, topological } from "../graph/tensor.ts";
import { lowerings } from "./lowering.ts";

const { onnx } = onnxProto;

const DATA = onnx.TensorProto.DataType;
const ATTRIBUTE = onnx.AttributeProto.AttributeType;
const OPSET = 20;

/** A number that ONNX wants as float: plain numbers are written as whole ones. */
class FloatAttribute {
  constructor(readonly value: number) {}
}

type AttributeValue = number | number[] | string | FloatAttribute;

function attributeProto(name: string, value: AttributeValue) {
  if (value instanceof FloatAttribute) return { name, type: ATTRIBUTE.FLOAT, f: value.value };
  if (typeof value === "string") return { name, type: ATTRIBUTE.STRING, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) return { name, type: ATTRIBUTE.INTS, ints: value };
  return { name, type: ATTRIBUTE.INT, i: value };
}

function valueInfo(name: string, shape: readonly number[], dtype: DType) {
  const elemType = { int: DATA.INT64, float32: DATA.FLOAT, half: DATA.FLOAT16 }[dtype];
  return { name, type: { tensorType: { elemType, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } };
}

function bytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** What a provider computes otherwise than the others do. */
export interface OnnxTraits {
  /** SimplifiedLayerNormalization gives the scale of each row as its second value: WebGPU gives the mean (ONNX Runtime 1.30) */
  rmsByProduct: boolean;
  /** FusedMatMul, a product of transposed matrices: WebGPU would leave it to the processor */
  fusedMatMul: boolean;
  /** LogSoftmax: the same */
  logSoftmax: boolean;
  /** ArgMax, whose int64 WebGPU would leave to the processor to make a float of */
  argMax: boolean;
}

const EVERYTHING: OnnxTraits = { rmsByProduct: true, fusedMatMul: true, logSoftmax: true, argMax: true };

/** By provider, where it lacks something. */
export const ONNX_TRAITS = {
  cpu: EVERYTHING,
  cuda: EVERYTHING,
  webgpu: { rmsByProduct: false, fusedMatMul: false, logSoftmax: false, argMax: false },
} as const satisfies Record<string, OnnxTraits>;

/** Collects the nodes and initializers of one ONNX graph. */
export class Emitter {
  readonly type = { float: DATA.FLOAT, bool: DATA.BOOL, int: DATA.INT64 };
  readonly nodes: InstanceType<typeof onnx.NodeProto>[] = [];
  readonly initializers: { name: string; dataType: number; dims: number[]; rawData: Uint8Array }[] = [];
  private readonly known = new Map<string, string>();
  private readonly multiple = new Map<string, InstanceType<typeof onnx.NodeProto>>();
  private count = 0;

  constructor(readonly traits: OnnxTraits) {}

  node(opType: string, inputs: string[], attributes: Record<string, AttributeValue> = {}, domain = ""): string {
    return this.emit(opType, inputs, attributes, [`v${this.count++}`], domain).output[0]!;
  }

  private emit(opType: string, inputs: string[], attributes: Record<string, AttributeValue>, output: string[], domain = "") {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    const node = onnx.NodeProto.create({ opType, input: inputs, output, attribute, domain });
    this.nodes.push(node);
    return node;
  }

  float(value: number): FloatAttribute {
    return new FloatAttribute(value);
  }

  /**
   * A value beside the first of a node with the same inputs: the node is shared, so that asking for a by-product of what is computed anyway
   * costs nothing. By-products that nobody asked for have no name and are not made.
   */
  shared(opType: string, inputs: string[], attributes: Record<string, AttributeValue>, index: number): string {
    const key = `${opType}(${inputs})${JSON.stringify(attributes)}`;
    const node = this.multiple.get(key) ?? this.emit(opType, inputs, attributes, [`v${this.count++}`]);
    this.multiple.set(key, node);
    while (node.output.length <= index) node.output.push("");
    if (node.output[index] === "") node.output[index] = `v${this.count++}`;
    return node.output[index]!;
  }

  /** A constant of whole numbers; equal ones are stored once. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const data = BigInt64Array.from(values, (v) => BigInt(v));
    return this.initializer(`i${shape}:${values}`, DATA.INT64, shape, bytes(data));
  }

  floats(values: readonly number[], shape: readonly number[]): string {
    return this.initializer(`f${shape}:${values}`, DATA.FLOAT, shape, bytes(Float32Array.from(values)));
  }

  scalar(value: number): string {
    return this.initializer(`f:${value}`, DATA.FLOAT, [], bytes(Float32Array.of(value)));
  }

  constant({ attributes: { data }, shape }: Tensor<"constant">): string {
    if (data instanceof Int32Array) return this.ints([...data], shape);
    return shape.length === 0 ? this.scalar(data[0]!) : this.initializer(null, DATA.FLOAT, shape, bytes(Float32Array.from(data)));
  }

  private initializer(key: string | null, dataType: number, dims: readonly number[], rawData: Uint8Array): string {
    const known = key === null ? undefined : this.known.get(key);
    if (known !== undefined) return known;
    const name = `c${this.count++}`;
    this.initializers.push({ name, dataType, dims: [...dims], rawData });
    if (key !== null) this.known.set(key, name);
    return name;
  }
}

/** A graph as the bytes of an ONNX model: inputs under their own names, outputs under the names given. */
export function toOnnx(outputs: Record<string, Tensor>, traits: OnnxTraits = EVERYTHING): Uint8Array {
  const emit = new Emitter(traits);
  const names = new Map<Tensor, string>();
  const inputs: ReturnType<typeof valueInfo>[] = [];
  for (const tensor of topological(Object.values(outputs))) {
    if (tensor.op === "input") {
      const { name } = (tensor as Tensor<"input">).attributes;
      inputs.push(valueInfo(name, tensor.shape, tensor.dtype));
      names.set(tensor, name);
    } else {
      const lower = lowerings[tensor.op] as (emit: Emitter, inputs: string[], y: Tensor) => string;
      names.set(
        tensor,
        lower(
          emit,
          tensor.inputs.map((x) => names.get(x)!),
          tensor,
        ),
      );
    }
  }
  const results = nameOutputs(emit, outputs, names);
  return onnx.ModelProto.encode({
    irVersion: 9,
    opsetImport: [
      { domain: "", version: OPSET },
      { domain: "com.microsoft", version: 1 },
    ],
    graph: { name: "vlrl", node: emit.nodes, initializer: emit.initializers, input: inputs, output: results },
  }).finish();
}

/** Gives each output its name by renaming the node's value, so that no copy is made; only where that can't be does it pass through Identity. */
function nameOutputs(emit: Emitter, outputs: Record<string, Tensor>, names: Map<Tensor, string>) {
  const produced = new Set(emit.nodes.flatMap((node) => node.output));
  const renamed = new Map<string, string>();
  const results = Object.entries(outputs).map(([name, tensor]) => {
    const value = names.get(tensor)!;
    if (produced.has(value) && !renamed.has(value)) renamed.set(value, name);
    else emit.nodes.push(onnx.NodeProto.create({ opType: "Identity", input: [value], output: [name] }));
    return valueInfo(name, tensor.shape, tensor.dtype);
  });
  for (const node of emit.nodes) {
    node.input = node.input.map((x) => renamed.get(x) ?? x);
    node.output = node.output.map((x) => renamed.get(x) ?? x);
  }
  return results;
}
