import type { TrainRow } from "../engine.ts";
import type { Architecture } from "./architecture.ts";
import { blockBias, blockBiasName, windowsWithin } from "./attention.ts";
import { type Pass, planPasses, roundTargets, rowsInPass, rowsPerPass } from "./pass.ts";
import type { PassShape } from "./train-graph.ts";

/** Passes over rows: each row by itself, or with `packing` several in one of so many tokens. */
export function planBatch(rows: readonly TrainRow[], model: Architecture, packing: number | null): Pass[] {
  return packing === null ? planPasses(rows, model) : planPacked(rows, model, packing);
}

/** Tokens that a row of one prompt and one completion takes: the last one predicts nothing. */
export function packedLength({ prompt, completions }: TrainRow): number {
  return prompt.tokens.length + Math.max(0, completions[0]!.tokens.length - 1);
}

/**
 * Which of `lengths` share a bin of `size`: the longest first, each into the bin that it fills best. Bins hold their items in the order in
 * which they came in. Best-fit decreasing: at most 11/9 of the fewest bins, and a few (Johnson, 1974).
 */
export function bestFit(lengths: readonly number[], size: number): number[][] {
  const bins: { left: number; items: number[] }[] = [];
  for (const item of [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b)) {
    const length = lengths[item]!;
    if (length > size) throw new Error(`a row of ${length} tokens does not fit into ${size}`);
    const fitting = bins.filter(({ left }) => left >= length);
    const best = fitting.reduce<(typeof bins)[0] | null>((a, b) => (a === null || b.left < a.left ? b : a), null);
    if (best === null) bins.push({ left: size - length, items: [item] });
    else {
      best.left -= length;
      best.items.push(item);
    }
  }
  return bins.map(({ items }) => items);
}

/**
 * Rows of one completion and no pictures, several in one row of `length` tokens. Each sees itself alone and stands where it would stand
 * by itself, so that the loss and the gradient are those of the rows one by one.
 */
function planPacked(rows: readonly TrainRow[], model: Architecture, length: number): Pass[] {
  if (rows.some(({ prompt, completions }) => prompt.pixels !== null || completions.length !== 1)) {
    throw new Error("only rows of one completion and without pictures can be packed");
  }
  const bins = bestFit(rows.map(packedLength), length);
  const size = rowsPerPass(length);
  return Array.from({ length: Math.ceil(bins.length / size) }, (_, i) =>
    fillPacked(rows, bins.slice(i * size, (i + 1) * size), size, length, model),
  );
}

function fillPacked(rows: readonly TrainRow[], bins: number[][], most: number, length: number, model: Architecture): Pass {
  const count = rowsInPass(bins.length, most);
  const tokens = count * length;
  const ids = new Int32Array(tokens);
  const positions = new Int32Array(model.axes * tokens);
  const whose = { row: new Int32Array(tokens).fill(-1), member: new Int32Array(tokens).fill(-1), token: new Int32Array(tokens) };
  const places: Pass["places"] = [];
  const predicting: number[] = [];
  const targets: number[] = [];
  bins.forEach((bin, b) => {
    let start = b * length;
    for (const index of bin) {
      const { prompt, completions } = rows[index]!;
      const own = completions[0]!.tokens;
      const first = start + prompt.tokens.length;
      const end = start + packedLength(rows[index]!);
      ids.set(prompt.tokens, start);
      ids.set(own.subarray(0, end - first), first);
      const { positions: ofPrompt, next } = model.positions(prompt);
      for (let axis = 0; axis < model.axes; axis++) {
        positions.set(ofPrompt.subarray(axis * prompt.tokens.length, (axis + 1) * prompt.tokens.length), axis * tokens + start);
        for (let t = first; t < end; t++) positions[axis * tokens + t] = next + t - first;
      }
      for (let t = start; t < end; t++) {
        whose.row[t] = index;
        whose.member[t] = t < first ? -1 : 0;
        whose.token[t] = t < first ? t - start : t - first;
      }
      own.forEach((id, t) => {
        places.push({ row: index, member: 0, token: t });
        predicting.push(first + t - 1);
        targets.push(id);
      });
      start = end;
    }
  });
  const shape: PassShape = {
    rows: count,
    prompt: length,
    members: 0,
    completion: 0,
    pictures: null,
    targets: roundTargets(places.length, tokens),
    full: true,
    packed: true,
  };
  const padded = (values: number[]) => {
    const out = new Int32Array(shape.targets);
    out.set(values);
    return out;
  };
  const feeds: Pass["feeds"] = { ids, ...model.angles(positions), predicting_rows: padded(predicting), targets: padded(targets) };
  for (const window of [null, ...windowsWithin(model, length)]) {
    if (window !== null || model.windows.some((own) => own === null || own >= length)) {
      feeds[blockBiasName(window)] = blockBias(whose.row, length, window);
    }
  }
  return { shape, feeds, places, tokens: whose };
}
