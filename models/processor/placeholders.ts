/**
 * What stands for a picture in SmolVLM's prompt: one `<image>` in the rendered text becomes, for every tile, a marker of its place and
 * as many `<image>` as the model has rows of features for it. Source: transformers' SmolVLMProcessor, text for text.
 */
export const IMAGE = "<image>";
const EDGE = "<fake_token_around_image>";
const GLOBAL = "<global-img>";

export interface Grid {
  /** 0 by 0 where the picture was not split */
  rows: number;
  columns: number;
}

/** Tiles of a picture, the whole one included. */
export function tileCount({ rows, columns }: Grid): number {
  return rows * columns + 1;
}

/** How many placeholders the rendered text has. */
export function placeholderCount(text: string): number {
  return text.split(IMAGE).length - 1;
}

/** The text of one picture; `tokens` placeholders a tile. */
export function pictureText({ rows, columns }: Grid, tokens: number): string {
  const run = IMAGE.repeat(tokens);
  let text = "";
  for (let r = 1; r <= rows; r++) {
    for (let c = 1; c <= columns; c++) text += `${EDGE}<row_${r}_col_${c}>${run}`;
    text += "\n";
  }
  if (rows > 0) text += "\n";
  return `${text}${EDGE}${GLOBAL}${run}${EDGE}`;
}

/** The rendered text with its placeholders expanded, the first by the first grid. There must be as many grids as placeholders. */
export function expandPlaceholders(text: string, grids: Grid[], tokens: number): string {
  const pieces = text.split(IMAGE);
  if (pieces.length !== grids.length + 1) throw new Error(`${pieces.length - 1} placeholders for ${grids.length} pictures`);
  return pieces.reduce((expanded, piece, i) => expanded + pictureText(grids[i - 1]!, tokens) + piece);
}
