import type { EncodedPrompt, SampleRequest } from "../engine.ts";
import type { Array32 } from "../executor.ts";
import type { Architecture, PictureLayout } from "./architecture.ts";
import type { PromptShape } from "./decode-graph.ts";
import { layoutOf, pictureFeeds } from "./pass.ts";
import { roundUp } from "./round-up.ts";

/** Prompts in one prompt pass. */
const PROMPTS_AT_ONCE = 16;
const LENGTH_STEP = 8;

/** Prompts of like shape that are computed together. */
export interface PromptBatch {
  /** which prompts of the request; row i of the pass is that of `indices[i]` */
  indices: number[];
  shape: PromptShape;
  /** says whether two shapes are the same */
  key: string;
  feeds: Record<string, Array32>;
}

/** The next prompts of like shape that have completions and are not `known`, from a wanted one on. */
export function promptBatch(
  { prompts, seeds }: SampleRequest,
  model: Architecture,
  first: number,
  known: (prompt: number) => boolean,
): PromptBatch {
  const like = prompts[first]!;
  const pictures = layoutOf(like, model);
  const layout = JSON.stringify(pictures);
  const length = roundUp(like.tokens.length, LENGTH_STEP);
  const indices: number[] = [];
  for (let p = first; p < prompts.length && indices.length < PROMPTS_AT_ONCE; p++) {
    const other = prompts[p]!;
    const fits = roundUp(other.tokens.length, LENGTH_STEP) === length && JSON.stringify(layoutOf(other, model)) === layout;
    if (fits && seeds[p]!.length > 0 && !known(p)) indices.push(p);
  }
  // always the same number of rows, so that a prompt does not feel who its neighbours are
  const rows = Math.min(PROMPTS_AT_ONCE, roundUp(prompts.length, 4));
  const batch = indices.map((p) => prompts[p]!);
  return {
    indices,
    shape: { rows, length, pictures },
    key: `${rows},${length},${layout}`,
    feeds: feedsOf(batch, rows, length, pictures, model),
  };
}

function feedsOf(
  prompts: EncodedPrompt[],
  rows: number,
  length: number,
  pictures: PictureLayout | null,
  model: Architecture,
): Record<string, Array32> {
  const ids = new Int32Array(rows * length);
  const positions = new Int32Array(model.axes * rows * length);
  const last = new Int32Array(rows);
  prompts.forEach(({ tokens }, row) => {
    ids.set(tokens, row * length);
    const own = model.positions(prompts[row]!).positions;
    for (let axis = 0; axis < model.axes; axis++) {
      positions.set(own.subarray(axis * tokens.length, (axis + 1) * tokens.length), (axis * rows + row) * length);
    }
    last[row] = row * length + tokens.length - 1;
  });
  const seen = pictures === null ? {} : pictureFeeds(prompts, rows, length, pictures, model);
  return { ids, ...model.angles(positions), last_rows: last, ...seen };
}
