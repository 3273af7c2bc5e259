import type { DecoderConfig } from "../../models/config/types.ts";
import { Blocks, type Read } from "./blocks.ts";
import { OnnxGraph } from "./graph.ts";

/** cos and sin of positions [M], each [M, headDim / 2] row by row. */
export type Angles = (positions: Int32Array) => { cos: Float32Array; sin: Float32Array };

export interface DecoderExport {
  config: DecoderConfig;
  /** what stands before `embed_tokens`, `layers` and `norm` in the checkpoint's names */
  prefix: string;
  /** the head's tensor, null where it is the embedding */
  headName: string | null;
  read: Read;
  angles: Angles;
}

/** A finite number that softmax makes 0: a row of a padded token, which sees nothing, becomes no NaN that would spread. */
const HIDDEN = -3.4028234663852886e38;

// names that transformers.js looks for: it makes an empty cache of `batch_size` and 0 for every other name
const BATCH = "batch_size";
const SEQUENCE = "sequence_length";
const PAST = "past_sequence_length";
const TOTAL = "total_sequence_length";

/** input_ids, attention_mask, position_ids and a cache to logits and the longer cache: a whole language model. */
export function languageModel(model: DecoderExport): OnnxGraph {
  const graph = new OnnxGraph();
  const blocks = new Blocks(graph, model.read);
  const ids = graph.input("input_ids", "int64", [BATCH, SEQUENCE]);
  decode(blocks, model, graph.node("Gather", [embedding(blocks, model), ids]), (hidden) => {
    if (model.headName !== null) return head(blocks, model, hidden);
    // the matrix that the ids were looked up in lies the other way round, which Gemm can read: it is stored once
    const { hiddenSize, vocabSize } = model.config;
    const rows = graph.node("Gemm", [blocks.reshape(hidden, [-1, hiddenSize]), embedding(blocks, model)], { transB: 1 });
    const shape = graph.node("Concat", [graph.node("Shape", [hidden], { end: 2 }), graph.ints([vocabSize])], { axis: 0 });
    return graph.node("Reshape", [rows, shape]);
  });
  return graph;
}

/** input_ids to inputs_embeds: where other features are to be put between the words. */
export function tokenEmbedder(model: DecoderExport): OnnxGraph {
  const graph = new OnnxGraph();
  const ids = graph.input("input_ids", "int64", [BATCH, SEQUENCE]);
  const rows = graph.node("Gather", [embedding(new Blocks(graph, model.read), model), ids]);
  graph.output("inputs_embeds", rows, "float", [BATCH, SEQUENCE, model.config.hiddenSize]);
  return graph;
}

/** The same as `languageModel` from inputs_embeds. */
export function embeddingsDecoder(model: DecoderExport): OnnxGraph {
  const graph = new OnnxGraph();
  const blocks = new Blocks(graph, model.read);
  const x = graph.input("inputs_embeds", "float", [BATCH, SEQUENCE, model.config.hiddenSize]);
  decode(blocks, model, x, (hidden) => head(blocks, model, hidden));
  return graph;
}

function embedding(blocks: Blocks, { prefix, config }: DecoderExport): string {
  return blocks.tensor(`${prefix}embed_tokens.weight`, [config.vocabSize, config.hiddenSize]);
}

function head(blocks: Blocks, { prefix, headName, config }: DecoderExport, hidden: string): string {
  const name = (headName ?? `${prefix}embed_tokens.weight`).replace(/\.weight$/, "");
  return blocks.linear(hidden, name, [config.vocabSize, config.hiddenSize], false);
}

/** From embeddings [B, S, hidden] through all layers and `logits` to the graph's outputs. */
function decode(blocks: Blocks, model: DecoderExport, embedded: string, logits: (hidden: string) => string): void {
  const { graph } = blocks;
  const { config, prefix } = model;
  const { heads, kvHeads, headDim, hiddenSize, intermediateSize, normEps, bias } = config;
  const attentionMask = graph.input("attention_mask", "int64", [BATCH, TOTAL]);
  const positions = graph.input("position_ids", "int64", [BATCH, SEQUENCE]);
  const pasts = Array.from({ length: config.layers }, (_, i) => ({
    key: graph.input(`past_key_values.${i}.key`, "float", [BATCH, kvHeads, PAST, headDim]),
    value: graph.input(`past_key_values.${i}.value`, "float", [BATCH, kvHeads, PAST, headDim]),
  }));
  const rotation = config.rotated.some(Boolean) ? rotations(blocks, model, positions) : null;
  const masks = visible(graph, attentionMask, embedded, pasts[0]!.key);

  let x = embedded;
  const presents: { key: string; value: string }[] = [];
  for (const [i, past] of pasts.entries()) {
    const layer = `${prefix}layers.${i}.`;
    const h = blocks.rmsNorm(x, `${layer}input_layernorm`, hiddenSize, normEps);
    /** [B, S, hidden] to [B, n, S, headDim] */
    const project = (name: string, n: number) =>
      blocks.reshape(blocks.linear(h, `${layer}self_attn.${name}_proj`, [n * headDim, hiddenSize], bias.qkv), [0, 0, n, headDim]);
    const turned = (name: string, n: number) => {
      const raw = project(name, n);
      const normed = config.headNorm ? blocks.rmsNorm(raw, `${layer}self_attn.${name}_norm`, headDim, normEps) : raw;
      const y = blocks.transpose(normed, [0, 2, 1, 3]);
      return config.rotated[i] && rotation !== null ? rotation(y) : y;
    };
    const key = graph.node("Concat", [past.key, turned("k", kvHeads)], { axis: 2 });
    const value = graph.node("Concat", [past.value, blocks.transpose(project("v", kvHeads), [0, 2, 1, 3])], { axis: 2 });
    presents.push({ key, value });

    const mixed = attention(blocks, config, turned("q", heads), key, value, masks(config.windows[i] ?? null));
    x = graph.node("Add", [x, blocks.linear(mixed, `${layer}self_attn.o_proj`, [hiddenSize, heads * headDim], bias.output)]);
    const h2 = blocks.rmsNorm(x, `${layer}post_attention_layernorm`, hiddenSize, normEps);
    const gate = blocks.silu(blocks.linear(h2, `${layer}mlp.gate_proj`, [intermediateSize, hiddenSize], bias.mlp));
    const up = blocks.linear(h2, `${layer}mlp.up_proj`, [intermediateSize, hiddenSize], bias.mlp);
    const gated = graph.node("Mul", [gate, up]);
    x = graph.node("Add", [x, blocks.linear(gated, `${layer}mlp.down_proj`, [hiddenSize, intermediateSize], bias.mlp)]);
  }

  graph.output("logits", logits(blocks.rmsNorm(x, `${prefix}norm`, hiddenSize, normEps)), "float", [BATCH, SEQUENCE, config.vocabSize]);
  for (const [i, { key, value }] of presents.entries()) {
    graph.output(`present.${i}.key`, key, "float", [BATCH, kvHeads, TOTAL, headDim]);
    graph.output(`present.${i}.value`, value, "float", [BATCH, kvHeads, TOTAL, headDim]);
  }
}

/**
 * q [B, heads, S, d] over key and value [B, kvHeads, T, d] to [B, S, heads * d]. The queries that share a key head are laid end to end as
 * its rows, so that the cache is not repeated for them.
 */
function attention(
  blocks: Blocks,
  { heads, kvHeads, headDim }: DecoderConfig,
  q: string,
  key: string,
  value: string,
  bias: string,
): string {
  const { graph } = blocks;
  const scaled = graph.node("Mul", [q, graph.float(headDim ** -0.5)]);
  const grouped = blocks.reshape(scaled, [0, kvHeads, -1, headDim]);
  const scores = blocks.reshape(graph.node("MatMul", [grouped, blocks.transpose(key, [0, 1, 3, 2])]), [0, heads, -1, 0]);
  const weights = graph.node("Softmax", [graph.node("Add", [scores, bias])], { axis: -1 });
  const mixed = graph.node("MatMul", [blocks.reshape(weights, [0, kvHeads, -1, 0]), value]);
  return blocks.reshape(blocks.transpose(blocks.reshape(mixed, [0, heads, -1, headDim]), [0, 2, 1, 3]), [0, 0, heads * headDim]);
}

/** Turns [B, heads, S, d] by the angles of its positions, in the half-split form of Llama: x cos + (-x2, x1) sin. */
function rotations(blocks: Blocks, { config, angles }: DecoderExport, positions: string): (x: string) => string {
  const { graph } = blocks;
  const half = config.headDim / 2;
  let table: ReturnType<Angles> | undefined;
  const rows = (part: "cos" | "sin") => {
    const read = async () => {
      table ??= angles(Int32Array.from({ length: config.contextLength }, (_, i) => i));
      return table[part];
    };
    const picked = graph.node("Gather", [graph.weight({ name: `rotary.${part}`, shape: [config.contextLength, half], read }), positions]);
    return graph.node("Unsqueeze", [picked, graph.ints([1])]);
  };
  const [cos, sin] = [rows("cos"), rows("sin")];
  const cosines = graph.node("Concat", [cos, cos], { axis: -1 });
  const sines = graph.node("Concat", [graph.node("Neg", [sin]), sin], { axis: -1 });
  return (x) => {
    const [first, second] = graph.several(2, "Split", [x], { axis: -1, num_outputs: 2 });
    const swapped = graph.node("Concat", [second!, first!], { axis: -1 });
    return graph.node("Add", [graph.node("Mul", [x, cosines]), graph.node("Mul", [swapped, sines])]);
  };
}

/**
 * What is added to the scores of a layer with the given window, [B, 1, S, T]: 0 where a query sees a key, else `HIDDEN`. A key is seen
 * when attention_mask has it, it is not later than the query, and it is fewer than `window` tokens before it.
 */
function visible(graph: OnnxGraph, attentionMask: string, embedded: string, pastKey: string): (window: number | null) => string {
  const scalarSize = (x: string, axis: number) =>
    graph.node("Squeeze", [graph.node("Shape", [x], { start: axis, end: axis + 1 }), graph.ints([0])]);
  const [zero, one] = [graph.ints([0], []), graph.ints([1], [])];
  const past = scalarSize(pastKey, 2);
  const total = graph.node("Add", [past, scalarSize(embedded, 1)]);
  const queries = graph.node("Unsqueeze", [graph.node("Range", [past, total, one]), graph.ints([1])]);
  const keys = graph.node("Unsqueeze", [graph.node("Range", [zero, total, one]), graph.ints([0])]);
  const distance = graph.node("Sub", [queries, keys]);
  const real = graph.node("Unsqueeze", [graph.cast(attentionMask, "bool"), graph.ints([1, 2])]);
  const seen = graph.node("And", [graph.node("GreaterOrEqual", [distance, zero]), real]);

  const known = new Map<number | null, string>();
  return (window) => {
    let bias = known.get(window);
    if (bias === undefined) {
      const near = window === null ? seen : graph.node("And", [seen, graph.node("Less", [distance, graph.ints([window], [])])]);
      bias = graph.node("Where", [near, graph.float(0), graph.float(HIDDEN)]);
      known.set(window, bias);
    }
    return bias;
  };
}
