import type { Box } from "../box.ts";
import { Coordinates, type Frame, frameOf, readBox } from "../geometry/coordinates.ts";
import { region, Tag, type Written, writtenBoxes } from "./written.ts";

/** The options of every reward that reads boxes. */
export const boxOptions = { tag: Tag, coordinates: Coordinates };

export interface ReadBox {
  /** null where what was written is no box */
  box: Box | null;
  label: string | null;
  start: number;
  end: number;
}

interface Source {
  completion: string;
  example: Readonly<Record<string, unknown>>;
  options: { tag?: string; coordinates: Coordinates };
}

/**
 * The boxes a policy wrote, in the target's units; null where the row lacks the picture that its coordinates need (see `frameOf`).
 * Places are those in the text that was read, which is the completion unless `tag` is given.
 */
export function readBoxes({ completion, example, options }: Source, limit?: number): Written<ReadBox> | null {
  const frame = frameOf(options.coordinates, example);
  if (frame === null) return null;
  const { count, first, last } = writtenBoxes(region(completion, options.tag), limit);
  const kept = first.map((one) => inFrame(one, frame));
  return { count, first: kept, last: last === null ? null : inFrame(last, frame) };
}

function inFrame({ quad, ...rest }: { quad: Parameters<typeof readBox>[0] | null } & Omit<ReadBox, "box">, frame: Frame): ReadBox {
  return { ...rest, box: quad === null ? null : readBox(quad, frame) };
}

/** Said of a row that lacks the picture its coordinates need. A NaN is recorded as an error, never as a score. */
export const NO_PICTURE = Number.NaN;
