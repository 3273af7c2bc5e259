import {
  add,
  exp,
  input,
  logSoftmax,
  mul,
  neg,
  pick,
  putRows,
  reduceSum,
  softmax,
  sub,
  type Tensor,
  tokenLogprob,
} from "../graph/build.ts";
import { differentiate } from "../graph/differentiate.ts";
import type { Architecture, Weights } from "./architecture.ts";
import { type GroupShape, groupAttention } from "./attention.ts";

/** The fixed shape of one training pass: groups, tiles of pictures, and how many positions a loss is taken at. */
export interface PassShape extends GroupShape {
  tiles: number;
  targets: number;
  /** whether every prompt fills its length, so that none needs hiding */
  full: boolean;
}

/** Per-token tensors [N] a loss is written over, in nats; `weights` carry aggregation and mask. */
export interface LossTensors {
  logprobs: Tensor;
  /** [N], computed only where the loss asks */
  entropies: () => Tensor;
  field(name: string): Tensor;
}

export interface LossResult {
  loss: Tensor;
  /** scalars summed over tokens, reported beside the loss */
  metrics: Record<string, Tensor>;
}

/** A loss of the table: which per-token fields it reads besides `weights`, and the function itself. */
export interface LossDefinition {
  name: string;
  fields(options: Record<string, number>): string[];
  build(tokens: LossTensors, options: Record<string, number>): LossResult;
}

/** Parameters as inputs of a graph, one each, made when first asked for. */
export function weightInputs(model: Architecture): { weights: Weights; inputs: Map<string, Tensor> } {
  const shapes = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
  const inputs = new Map<string, Tensor>();
  const weights = (name: string): Tensor => {
    const known = inputs.get(name);
    if (known !== undefined) return known;
    const shape = shapes.get(name);
    if (shape === undefined) throw new Error(`the model has no parameter "${name}"`);
    const tensor = input(name, shape);
    inputs.set(name, tensor);
    return tensor;
  };
  return { weights, inputs };
}

/** Embeddings of tokens [M], with the placeholders' rows replaced by the pictures' features. */
export function embedTokens(model: Architecture, weights: Weights, tokens: number, tiles: number): Tensor {
  const text = model.embed(weights, input("ids", [tokens], "int"));
  if (tiles === 0 || model.vision === null) return text;
  const { tile, tokensPerTile } = model.vision;
  const features = model.imageFeatures(weights, input("pixels", [tiles, ...tile]));
  return putRows(text, input("image_rows", [tiles * tokensPerTile], "int"), features);
}

/** Angles of each token's position, as inputs. */
export function angleInputs(model: Architecture, tokens: number): { cos: Tensor; sin: Tensor } {
  return { cos: input("cos", [tokens, model.headDim / 2]), sin: input("sin", [tokens, model.headDim / 2]) };
}

/** Logits [N, V] at the positions that predict the targets, and nowhere else, divided by the temperature. */
function targetLogits(model: Architecture, weights: Weights, shape: PassShape, temperature: number): Tensor {
  const tokens = shape.rows * (shape.prompt + shape.members * shape.completion);
  const bias = shape.full ? null : input("prompt_bias", [shape.rows, 1, 1, shape.prompt]);
  const hidden = model.decode(weights, {
    x: embedTokens(model, weights, tokens, shape.tiles),
    ...angleInputs(model, tokens),
    attend: groupAttention(shape, model, bias),
    select: input("predicting_rows", [shape.targets], "int"),
  });
  const logits = model.head(weights, hidden);
  return temperature === 1 ? logits : mul(logits, 1 / temperature);
}

/**
 * Entropy of each row's distribution, nats: [N]. log(sum(exp(z))) - sum(softmax(z) * z), the first from the logprob that is there already:
 * the softmax is that of the logprob's gradient, so that few passes over [N, V] are its own.
 */
function entropyOf(logits: Tensor, targets: Tensor, logprobs: Tensor): Tensor {
  return sub(sub(pick(logits, targets), logprobs), reduceSum(mul(softmax(logits), logits), [1]));
}

/** Forward only: logprobs and entropies of the targets, [N] each. */
export function logprobGraph(model: Architecture, shape: PassShape, temperature: number): { logprobs: Tensor; entropies: Tensor } {
  const { weights } = weightInputs(model);
  const logits = targetLogits(model, weights, shape, temperature);
  const all = logSoftmax(logits);
  return { logprobs: pick(all, input("targets", [shape.targets], "int")), entropies: neg(reduceSum(mul(exp(all), all), [1])) };
}

/** Forward and backward of one loss: `loss`, `metric:<name>` and `grad:<parameter>` for every parameter. */
export function lossGraph(
  model: Architecture,
  shape: PassShape,
  loss: LossDefinition,
  options: Record<string, number>,
  temperature: number,
): Record<string, Tensor> {
  const { weights, inputs } = weightInputs(model);
  const logits = targetLogits(model, weights, shape, temperature);
  const targets = input("targets", [shape.targets], "int");
  const logprobs = tokenLogprob(logits, targets);
  const fields = new Map<string, Tensor>();
  const { loss: value, metrics } = loss.build(
    {
      logprobs,
      entropies: () => entropyOf(logits, targets, logprobs),
      field(name) {
        const known = fields.get(name) ?? input(`field:${name}`, [shape.targets]);
        fields.set(name, known);
        return known;
      },
    },
    options,
  );
  const parameters = [...inputs.entries()];
  const gradients = differentiate(
    value,
    parameters.map(([, tensor]) => tensor),
  );
  return {
    loss: add(value, 0),
    ...Object.fromEntries(Object.entries(metrics).map(([name, tensor]) => [`metric:${name}`, tensor])),
    ...Object.fromEntries(parameters.map(([name], i) => [`grad:${name}`, gradients[i]!])),
  };
}
