import { promptAttention } from "../engines/embedded/attention.ts";
import { layoutOf, pictureFeeds } from "../engines/embedded/pass.ts";
import { type Policy, weightsOf } from "../engines/embedded/policy.ts";
import { angleInputs, embedTokens } from "../engines/embedded/train-graph.ts";
import { weightInputs } from "../engines/embedded/weights.ts";
import type { EncodedPrompt } from "../engines/engine.ts";
import type { Executor } from "../engines/executor.ts";
import type { Tensor } from "../engines/graph/tensor.ts";
import { OnnxExecutor } from "../engines/onnx/executor.ts";

/** Logits [T, vocab] at every position of one sequence, and the rows of features of its pictures where it has any. */
export async function allLogits(
  policy: Policy,
  weights: Record<string, Float32Array>,
  prompt: EncodedPrompt,
  executor: Executor = new OnnxExecutor({ threads: 1 }),
): Promise<{ logits: Float32Array; features: Float32Array | null }> {
  const { model } = policy;
  const length = prompt.tokens.length;
  const layout = layoutOf(prompt, model);
  const { weights: inputs } = weightInputs(weightsOf(policy));
  const embedded = embedTokens(model, inputs, length, 1, layout);
  const attend = promptAttention(1, length, model, () => {});
  const hidden = model.decode(inputs, { ...embedded, ...angleInputs(model, length), attend, select: null });
  const logits = model.head(inputs, hidden);
  const outputs: Record<string, Tensor> = layout === null ? { logits } : { logits, features: embedded.x.inputs[2]! };
  const session = await executor.create(outputs);
  const pictures = layout === null ? {} : pictureFeeds([prompt], 1, length, layout, model);
  const feeds = { ...weights, ids: prompt.tokens, ...model.angles(model.positions(prompt).positions), ...pictures };
  const results = await session.run(feeds);
  await session.release();
  return { logits: results.logits!, features: results.features ?? null };
}
