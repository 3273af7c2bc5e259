import type { DecoderInputs, ParameterSpec, Weights } from "../engines/embedded/architecture.ts";
import { add, gatherRows, linear, mul, rmsNorm, rotary, silu, type Tensor } from "../engines/graph/build.ts";
import type { LlamaConfig } from "./config.ts";

/** The Llama decoder: pre-norm blocks of rotary grouped-query attention and a gated MLP. Source: LLaMA (arXiv:2302.13971). */

/** A parameter that starts as normal noise. */
export function normal(name: string, shape: number[], std: number): ParameterSpec {
  return { name, shape, init: { kind: "normal", std } };
}

export function decoderParameters(config: LlamaConfig, prefix: string): ParameterSpec[] {
  const { hidden_size: hidden, intermediate_size: inner, kvHeads, headDim, initializer_range: std } = config;
  // what is added to the residual stream starts smaller the deeper the model, as in GPT-2
  const residual = std / Math.sqrt(2 * config.num_hidden_layers);
  const matrix = (name: string, out: number, into: number, scale = std) => normal(`${prefix}${name}.weight`, [out, into], scale);
  const norm = (name: string): ParameterSpec => ({ name: `${prefix}${name}.weight`, shape: [hidden], init: { kind: "ones" } });
  const layers = Array.from({ length: config.num_hidden_layers }, (_, i) => `layers.${i}.`).flatMap((layer) => [
    norm(`${layer}input_layernorm`),
    matrix(`${layer}self_attn.q_proj`, config.num_attention_heads * headDim, hidden),
    matrix(`${layer}self_attn.k_proj`, kvHeads * headDim, hidden),
    matrix(`${layer}self_attn.v_proj`, kvHeads * headDim, hidden),
    matrix(`${layer}self_attn.o_proj`, hidden, config.num_attention_heads * headDim, residual),
    norm(`${layer}post_attention_layernorm`),
    matrix(`${layer}mlp.gate_proj`, inner, hidden),
    matrix(`${layer}mlp.up_proj`, inner, hidden),
    matrix(`${layer}mlp.down_proj`, hidden, inner, residual),
  ]);
  return [matrix("embed_tokens", config.vocab_size, hidden), ...layers, norm("norm")];
}

/** All layers, [M, hidden] to [M, hidden]; with `select` [N] the last layer's MLP runs on those rows alone and gives [N, hidden]. */
export function decoderLayers(config: LlamaConfig, prefix: string, weights: Weights, inputs: DecoderInputs): Tensor {
  const { cos, sin, attend, select } = inputs;
  const last = config.num_hidden_layers - 1;
  let x = inputs.x;
  for (let layer = 0; layer <= last; layer++) {
    const w = (name: string) => weights(`${prefix}layers.${layer}.${name}.weight`);
    const h = rmsNorm(x, w("input_layernorm"), config.rms_norm_eps);
    const q = rotary(linear(h, w("self_attn.q_proj")), cos, sin, config.num_attention_heads);
    const k = rotary(linear(h, w("self_attn.k_proj")), cos, sin, config.kvHeads);
    const v = linear(h, w("self_attn.v_proj"));
    let mixed = attend(layer, q, k, v);
    if (layer === last && select !== null) {
      mixed = gatherRows(mixed, select);
      x = gatherRows(x, select);
    }
    x = add(x, linear(mixed, w("self_attn.o_proj")));
    const h2 = rmsNorm(x, w("post_attention_layernorm"), config.rms_norm_eps);
    const gated = mul(silu(linear(h2, w("mlp.gate_proj"))), linear(h2, w("mlp.up_proj")));
    x = add(x, linear(gated, w("mlp.down_proj")));
  }
  return x;
}
