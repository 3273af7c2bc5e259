import type { DecoderInputs, ParameterSpec, Weights } from "../engines/embedded/architecture.ts";
import { add, constant, expand, gatherRows, mul, putRows, reshape, rmsNorm, rotary, silu, type Tensor } from "../engines/graph/build.ts";
import type { DecoderConfig } from "./config/types.ts";
import { linearLayer, normal, rmsNormLayer } from "./parameters.ts";

/**
 * The decoder of Llama and what came of it: pre-norm blocks of rotary grouped-query attention and a gated MLP. What families differ in
 * (biases, normalised heads, layers without rotation) is in the config. Source: LLaMA (arXiv:2302.13971).
 */

export function decoderParameters(config: DecoderConfig, prefix: string): ParameterSpec[] {
  const { hiddenSize: hidden, intermediateSize: inner, heads, kvHeads, headDim, bias, initializerRange: std } = config;
  // what is added to the residual stream starts smaller the deeper the model, as in GPT-2
  const residual = std / Math.sqrt(2 * config.layers);
  const blocks = Array.from({ length: config.layers }, (_, i) => `${prefix}layers.${i}.`).flatMap((block) => [
    ...rmsNormLayer(`${block}input_layernorm`, hidden),
    ...linearLayer(`${block}self_attn.q_proj`, { out: heads * headDim, in: hidden, std, bias: bias.qkv }),
    ...linearLayer(`${block}self_attn.k_proj`, { out: kvHeads * headDim, in: hidden, std, bias: bias.qkv }),
    ...linearLayer(`${block}self_attn.v_proj`, { out: kvHeads * headDim, in: hidden, std, bias: bias.qkv }),
    ...linearLayer(`${block}self_attn.o_proj`, { out: hidden, in: heads * headDim, std: residual, bias: bias.output }),
    ...(config.headNorm ? ["q_norm", "k_norm"].flatMap((norm) => rmsNormLayer(`${block}self_attn.${norm}`, headDim)) : []),
    ...rmsNormLayer(`${block}post_attention_layernorm`, hidden),
    ...linearLayer(`${block}mlp.gate_proj`, { out: inner, in: hidden, std, bias: bias.mlp }),
    ...linearLayer(`${block}mlp.up_proj`, { out: inner, in: hidden, std, bias: bias.mlp }),
    ...linearLayer(`${block}mlp.down_proj`, { out: hidden, in: inner, std: residual, bias: bias.mlp }),
  ]);
  return [normal(`${prefix}embed_tokens.weight`, [config.vocabSize, hidden], std), ...blocks, ...rmsNormLayer(`${prefix}norm`, hidden)];
}

/** The head where it is not the embedding, which a tied model uses twice. */
export function headParameters({ tied, vocabSize, hiddenSize, initializerRange }: DecoderConfig): ParameterSpec[] {
  return tied ? [] : linearLayer("lm_head", { out: vocabSize, in: hiddenSize, std: initializerRange });
}

/** All layers, [M, hidden] to [M, hidden]; with `select` [N] the last layer's MLP runs on those rows alone and gives [N, hidden]. */
export function decoderLayers(config: DecoderConfig, prefix: string, weights: Weights, inputs: DecoderInputs): Tensor {
  const { cos, sin, attend, select, deepstack } = inputs;
  const { heads, kvHeads, headDim, normEps } = config;
  const last = config.layers - 1;
  const deep = deepstack?.features.length ?? 0;
  let x = inputs.x;
  for (let layer = 0; layer <= last; layer++) {
    inputs.layerStart?.(x);
    const block = `${prefix}layers.${layer}.`;
    const norm = (y: Tensor, name: string) => rmsNorm(y, weights(`${block}${name}.weight`), normEps);
    const headNorm = (y: Tensor, name: string, count: number) =>
      config.headNorm ? reshape(norm(reshape(y, [y.shape[0]! * count, headDim]), name), y.shape) : y;
    const turned = (y: Tensor, count: number) => (config.rotated[layer] ? rotary(y, cos, sin, count) : y);
    const h = norm(x, "input_layernorm");
    const q = turned(headNorm(weights.linear(`${block}self_attn.q_proj`, h), "self_attn.q_norm", heads), heads);
    const k = turned(headNorm(weights.linear(`${block}self_attn.k_proj`, h), "self_attn.k_norm", kvHeads), kvHeads);
    // rows of the pass that go on, where not all do
    let at: Tensor | null = null;
    let mixed = attend(layer, q, k, weights.linear(`${block}self_attn.v_proj`, h));
    // where a picture's rows are still to be added to, all rows are needed
    if (layer === last && select !== null && layer >= deep) {
      at = select;
      mixed = gatherRows(mixed, select);
      x = gatherRows(x, select);
    }
    x = add(x, weights.linear(`${block}self_attn.o_proj`, mixed, at));
    const h2 = norm(x, "post_attention_layernorm");
    const gated = mul(silu(weights.linear(`${block}mlp.gate_proj`, h2, at)), weights.linear(`${block}mlp.up_proj`, h2, at));
    x = add(x, weights.linear(`${block}mlp.down_proj`, gated, at));
    if (layer < deep) x = add(x, putRows(expand(constant(0), x.shape), deepstack!.rows, deepstack!.features[layer]!));
  }
  return select !== null && last < deep ? gatherRows(x, select) : x;
}

/** Final norm and head, [N, hidden] to logits [N, vocab]. */
export function decoderHead(config: DecoderConfig, prefix: string, weights: Weights, hidden: Tensor, at: Tensor | null): Tensor {
  const normal = rmsNorm(hidden, weights(`${prefix}norm.weight`), config.normEps);
  return weights.linear(config.tied ? `${prefix}embed_tokens` : "lm_head", normal, at);
}
