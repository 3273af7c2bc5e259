import { basename } from "node:path";
import onnxProto from "onnx-proto";
import { type AtomicFile, beginAtomic } from "../../core/atomic.ts";
import { numel, type OnnxGraph, type Weight } from "./graph.ts";

const { onnx } = onnxProto;

const OPSET = 20;
const IR_VERSION = 9;

/** Weights of more than this lie in a file of their own: protobuf ends at 2 GiB. */
const INLINE_BYTES = 1.5e9;

/** External tensors start at a page, so that they can be mapped. */
const PAGE = 4096;

// fields of the protobuf messages that are written by hand, all of them length-delimited
const TENSOR_RAW_DATA = 9;
const GRAPH_INITIALIZER = 5;
const MODEL_GRAPH = 7;

const bytesOf = ({ shape }: Weight): number => 4 * numel(shape);

/** Tag and length of a protobuf field whose content follows. */
function fieldHead(field: number, length: number): Uint8Array {
  const out = [(field << 3) | 2];
  let rest = length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return Uint8Array.from(out);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

async function writeWeight(file: AtomicFile, weight: Weight): Promise<void> {
  const data = await weight.read();
  if (data.length !== numel(weight.shape)) throw new Error(`${weight.name}: shape [${weight.shape}] is not ${data.length} values`);
  await file.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/**
 * Writes `graph` as an ONNX model to `path`, one weight after the other, so that never more than one is in memory. Large models keep their
 * weights beside it, in `path` with `_data` after it: the name that transformers.js looks for. Gives the paths of what was written.
 * Throws CheckpointError where the disk is full.
 */
export async function writeOnnx(path: string, graph: OnnxGraph, { inlineBytes = INLINE_BYTES } = {}): Promise<string[]> {
  const total = graph.weights.reduce((sum, weight) => sum + bytesOf(weight), 0);
  if (total <= inlineBytes) {
    await writeInline(path, graph, total);
    return [path];
  }
  const data = `${path}_data`;
  await writeData(data, graph, total);
  await writeModel(path, graph, externalTensors(graph, basename(data)), 0);
  return [path, data];
}

/** The model by hand around its weights: protobuf wants every length ahead of its content, and shapes tell them before anything is read. */
async function writeInline(path: string, graph: OnnxGraph, total: number): Promise<void> {
  const tensors = graph.weights.map((weight) => {
    const head = joined(tensorHead(weight), fieldHead(TENSOR_RAW_DATA, bytesOf(weight)));
    return { weight, head: joined(fieldHead(GRAPH_INITIALIZER, head.byteLength + bytesOf(weight)), head) };
  });
  await writeModel(path, graph, tensors, total);
}

function tensorHead({ name, shape }: Weight): Uint8Array {
  return onnx.TensorProto.encode({ name, dims: [...shape], dataType: onnx.TensorProto.DataType.FLOAT }).finish();
}

/** Where each tensor starts in the data file. */
function offsets({ weights }: OnnxGraph): number[] {
  let end = 0;
  return weights.map((weight) => {
    const start = Math.ceil(end / PAGE) * PAGE;
    end = start + bytesOf(weight);
    return start;
  });
}

function externalTensors(graph: OnnxGraph, location: string): { head: Uint8Array }[] {
  const starts = offsets(graph);
  return graph.weights.map((weight, i) => {
    const place = { location, offset: `${starts[i]}`, length: `${bytesOf(weight)}` };
    const tensor = onnx.TensorProto.encode({
      name: weight.name,
      dims: [...weight.shape],
      dataType: onnx.TensorProto.DataType.FLOAT,
      dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
      externalData: Object.entries(place).map(([key, value]) => ({ key, value })),
    }).finish();
    return { head: joined(fieldHead(GRAPH_INITIALIZER, tensor.byteLength), tensor) };
  });
}

async function writeData(path: string, graph: OnnxGraph, total: number): Promise<void> {
  const file = await beginAtomic(path, { bytes: total });
  try {
    const starts = offsets(graph);
    let end = 0;
    for (const [i, weight] of graph.weights.entries()) {
      await file.write(new Uint8Array(starts[i]! - end));
      await writeWeight(file, weight);
      end = starts[i]! + bytesOf(weight);
    }
  } catch (error) {
    await file.abort();
    throw error;
  }
  await file.commit();
}

/** The graph's small parts, then its tensors: each a head, and after it the values of `weight` where they lie in this file. */
async function writeModel(path: string, graph: OnnxGraph, tensors: { head: Uint8Array; weight?: Weight }[], inline: number): Promise<void> {
  const { nodes, constants, inputs, outputs } = graph;
  const small = onnx.GraphProto.encode({ name: "vlrl", node: nodes, initializer: constants, input: inputs, output: outputs }).finish();
  const heads = tensors.reduce((sum, { head }) => sum + head.byteLength, 0);
  const model = onnx.ModelProto.encode({ irVersion: IR_VERSION, producerName: "vlrl", opsetImport: [{ domain: "", version: OPSET }] });

  const file = await beginAtomic(path, { bytes: small.byteLength + heads + inline });
  try {
    await file.write(joined(model.finish(), fieldHead(MODEL_GRAPH, small.byteLength + heads + inline), small));
    for (const { head, weight } of tensors) {
      await file.write(head);
      if (weight !== undefined) await writeWeight(file, weight);
    }
  } catch (error) {
    await file.abort();
    throw error;
  }
  await file.commit();
}
