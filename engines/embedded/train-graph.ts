import { add, concat, input, mul, pick, putRows, reduceSum, slice, softmax, sub, type Tensor, tokenLogprob } from "../graph/build.ts";
import { differentiate, type Segment } from "../graph/differentiate.ts";
import type { Architecture, Attend, DecoderInputs, PictureLayout, Weights } from "./architecture.ts";
import { blockBiasName, type GroupShape, groupAttention, packedAttention, windowBiasName } from "./attention.ts";
import { valuesOf } from "./critic.ts";
import { type LossDefinition, type LossOptions, lossTensors } from "./loss-inputs.ts";
import { type Policy, weightsOf } from "./policy.ts";
import { isLarge } from "./sessions.ts";
import { weightInputs } from "./weights.ts";

/** The fixed shape of one training pass: groups, their pictures, and how many positions a loss is taken at. */
export interface PassShape extends GroupShape {
  /** of each prompt, or null where none has a picture */
  pictures: PictureLayout | null;
  targets: number;
  /** whether every prompt fills its length, so that none needs hiding */
  full: boolean;
  /** whether a row's `prompt` tokens are several sequences, of which each sees itself alone; there are no completions then */
  packed: boolean;
}

/** Embeddings of tokens [M] with the placeholders' rows replaced by the pictures' features, and what pictures add further up. */
export function embedTokens(
  model: Architecture,
  weights: Weights,
  tokens: number,
  prompts: number,
  pictures: PictureLayout | null,
): Pick<DecoderInputs, "x" | "deepstack"> {
  const text = model.embed(weights, input("ids", [tokens], "int"));
  if (pictures === null || model.vision === null) return { x: text, deepstack: null };
  const [first, ...rest] = pictures.shape;
  const pixels = input("pixels", [prompts * first!, ...rest]);
  const rows = input("image_rows", [prompts * pictures.features], "int");
  const features = model.vision.features(weights.ofPictures, pixels, pictures, prompts);
  return {
    x: putRows(text, rows, features.rows),
    deepstack: features.deepstack.length === 0 ? null : { rows, features: features.deepstack },
  };
}

/** Angles of each token's position, as inputs. */
export function angleInputs(model: Architecture, tokens: number): { cos: Tensor; sin: Tensor } {
  return { cos: input("cos", [tokens, model.headDim / 2]), sin: input("sin", [tokens, model.headDim / 2]) };
}

function tokensOf({ rows, prompt, members, completion }: PassShape): number {
  return rows * (prompt + members * completion);
}

/** How the tokens of a pass see each other. */
function attention(model: Architecture, shape: PassShape): Attend {
  const { rows, prompt, completion } = shape;
  const inputs = new Map<string, Tensor>();
  // one input for all layers that are hidden from alike
  const shared = (name: string, dimensions: number[]): Tensor => {
    const known = inputs.get(name) ?? input(name, dimensions);
    inputs.set(name, known);
    return known;
  };
  if (shape.packed) return packedAttention(rows, prompt, model, (window) => shared(blockBiasName(window), [rows, 1, prompt, prompt]));
  const promptBias = shape.full ? null : input("prompt_bias", [rows, 1, 1, prompt]);
  return groupAttention(shape, model, promptBias, (window) => shared(windowBiasName(window), [rows, 1, completion, prompt]));
}

/** Hidden states [N, hidden] at the positions that predict the targets, before the head, and what each layer starts from. */
function targetHidden(model: Architecture, weights: Weights, shape: PassShape): { hidden: Tensor; select: Tensor; starts: Tensor[] } {
  const tokens = tokensOf(shape);
  const starts: Tensor[] = [];
  const select = input("predicting_rows", [shape.targets], "int");
  const hidden = model.decode(weights, {
    ...embedTokens(model, weights, tokens, shape.rows, shape.pictures),
    ...angleInputs(model, tokens),
    attend: attention(model, shape),
    select,
    layerStart: (x) => starts.push(x),
  });
  return { hidden, select, starts };
}

/** Logits of this many entries are held at a time: 64 MB. Smaller pieces add up the gradient of the head more often. */
const CHUNK_VALUES = 2 ** 24;

/** Some of the targets: what they are predicted from, and what is known of them, [n] each. */
interface Chunk {
  hidden: Tensor;
  logits: Tensor;
  targets: Tensor;
  logprobs: Tensor;
}

/** Logits and logprobs of the targets [N] from hidden states [N, hidden], in pieces whose logits are few enough to hold. */
function targetChunks(
  model: Architecture,
  weights: Weights,
  { hidden, select }: { hidden: Tensor; select: Tensor },
  temperature: number,
  chunkValues: number,
): Chunk[] {
  const count = hidden.shape[0]!;
  const size = Math.max(1, Math.floor(chunkValues / model.vocab));
  const all = input("targets", [count], "int");
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => {
    const [start, end] = [i * size, Math.min(count, (i + 1) * size)];
    const [part, targets] = [slice(hidden, 0, start, end), slice(all, 0, start, end)];
    const plain = model.head(weights, part, slice(select, 0, start, end));
    const logits = temperature === 1 ? plain : mul(plain, 1 / temperature);
    return { hidden: part, logits, targets, logprobs: tokenLogprob(logits, targets) };
  });
}

/**
 * Entropy of each row's distribution, nats: [n]. log(sum(exp(z))) - sum(softmax(z) * z), the first from the logprob that is there already:
 * the softmax is that of the logprob's gradient, so that few passes over [n, V] are its own.
 */
function entropyOf({ logits, targets, logprobs }: Chunk): Tensor {
  return sub(sub(pick(logits, targets), logprobs), reduceSum(mul(softmax(logits), logits), [1]));
}

const joined = (chunks: readonly Chunk[], of: (chunk: Chunk) => Tensor): Tensor => concat(chunks.map(of), 0);

/** Forward only: logprobs and entropies of the targets, [N] each; `bare` leaves adapters off, `noisy` drops their inputs. */
export function logprobGraph(
  policy: Policy,
  shape: PassShape,
  temperature: number,
  { bare, noisy }: { bare: boolean; noisy: boolean },
  chunkValues = CHUNK_VALUES,
): { logprobs: Tensor; entropies: Tensor } {
  const { weights } = weightInputs(weightsOf(policy, { bare, noisyTokens: noisy ? tokensOf(shape) : 0 }));
  const chunks = targetChunks(policy.model, weights, targetHidden(policy.model, weights, shape), temperature, chunkValues);
  return { logprobs: joined(chunks, ({ logprobs }) => logprobs), entropies: joined(chunks, entropyOf) };
}

/** Forward only: what the critic takes the state before each target to be worth, [N]. */
export function valueGraph(policy: Policy, shape: PassShape): { values: Tensor } {
  const { weights } = weightInputs(weightsOf(policy));
  return { values: valuesOf(weights, targetHidden(policy.model, weights, shape).hidden) };
}

/** Forward and backward of one loss: `loss`, `metric:<name>`, `token:<name>` and `grad:<parameter>` for every parameter that is trained and takes part. */
export function lossGraph(
  policy: Policy,
  shape: PassShape,
  loss: LossDefinition,
  options: LossOptions,
  temperature: number,
  chunkValues = CHUNK_VALUES,
): Record<string, Tensor> {
  const { weights, inputs } = weightInputs(weightsOf(policy, { noisyTokens: tokensOf(shape) }));
  const { hidden, select, starts } = targetHidden(policy.model, weights, shape);
  const chunks = targetChunks(policy.model, weights, { hidden, select }, temperature, chunkValues);
  const logprobs = joined(chunks, (chunk) => chunk.logprobs);
  const known = new Map<Chunk, Tensor>();
  const entropy = (chunk: Chunk) => {
    known.set(chunk, known.get(chunk) ?? entropyOf(chunk));
    return known.get(chunk)!;
  };
  const {
    loss: value,
    metrics,
    tokens = {},
  } = loss.build(
    lossTensors(logprobs, () => joined(chunks, entropy), policy.critic.length === 0 ? undefined : () => valuesOf(weights, hidden)),
    options,
  );
  const trained = policy.trained.filter(({ name }) => inputs.has(name)).map(({ name }) => name);
  const gradients = differentiate(
    value,
    trained.map((name) => inputs.get(name)!),
    { recompute: segments(chunks, policy.recompute ? [...starts, hidden] : [], known), gates: gates(policy.model, chunks, starts) },
  );
  return {
    loss: add(value, 0),
    ...Object.fromEntries(Object.entries(metrics).map(([name, tensor]) => [`metric:${name}`, tensor])),
    ...Object.fromEntries(Object.entries(tokens).map(([name, tensor]) => [`token:${name}`, tensor])),
    ...Object.fromEntries(trained.map((name, i) => [`grad:${name}`, gradients[i]!])),
  };
}

/** What is computed twice rather than kept: the logits, unless one piece holds them all, and each layer between two of the `starts`. */
function segments(chunks: readonly Chunk[], starts: readonly Tensor[], entropies: ReadonlyMap<Chunk, Tensor>): Segment[] {
  const layers = starts.slice(1).map((to, i) => ({ from: starts[i]!, to: [to] }));
  if (chunks.length === 1) return layers;
  const ends = (chunk: Chunk) => [chunk.logprobs, ...(entropies.has(chunk) ? [entropies.get(chunk)!] : [])];
  return [...layers, ...chunks.map((chunk) => ({ from: chunk.hidden, to: ends(chunk) }))];
}

/** Behind each of these the gradients so far are finished; a small model is better off without. */
function gates(model: Architecture, chunks: readonly Chunk[], starts: readonly Tensor[]): Tensor[] {
  if (!isLarge(model) && chunks.length === 1) return [];
  return [...chunks.map(({ logprobs }) => logprobs), ...starts];
}
