import { plainNumber } from "../parse.ts";

export type ManipulationKind = "segment" | "frame" | "zoom";

export interface Manipulation {
  kind: ManipulationKind;
  /** what stands after the `=`, in order */
  values: number[];
  /** the characters of the line: [start, end) */
  start: number;
  end: number;
}

const KINDS: Record<string, ManipulationKind> = { find_segment: "segment", find_frame: "frame", spatial_zoom: "zoom" };

/**
 * Manipulations of a video, one a line: `FIND_SEGMENT(what) = [2, 5]`, `FIND_FRAME(what) = [120]`, `SPATIAL_ZOOM(what) = [x1, y1, x2, y2]`, and the
 * letter after `FINAL_ANSWER:`, which ends the reading. In whatever case; a number may stand without brackets; a list with anything but plain
 * numbers is left out. Linear; never throws.
 * Source: Video-CoM (CVPR 2026). Its own reader takes `FIND_SEGMENT(x) = 2` for an error and drops all segments; here it is segment 2.
 */
export function parseManipulations(text: string): { manipulations: Manipulation[]; letter: string | null } {
  const manipulations: Manipulation[] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    const final = /final_answer\s{0,4}:/i.exec(line);
    if (final !== null) {
      const letter = /^\s{0,4}\(?([A-Za-z])(?![\p{L}\p{N}])/u.exec(line.slice(final.index + final[0].length));
      return { manipulations, letter: letter?.[1]?.toUpperCase() ?? null };
    }
    const call = /(find_segment|find_frame|spatial_zoom)\s{0,4}\(/i.exec(line);
    const equals = line.lastIndexOf("=");
    if (call !== null && equals > call.index && line.slice(0, equals).trimEnd().endsWith(")")) {
      const values = numbers(line.slice(equals + 1));
      if (values.length > 0) manipulations.push({ kind: KINDS[call[1]!.toLowerCase()]!, values, start, end: start + line.length });
    }
    start += line.length + 1;
  }
  return { manipulations, letter: null };
}

function numbers(text: string): number[] {
  const trimmed = text.trim();
  const list = trimmed.startsWith("[") ? trimmed.slice(1).split("]", 1)[0]! : trimmed.split(/[\s;]/, 1)[0]!;
  const values = list.split(",", 1000).map((piece) => plainNumber(piece));
  return values.includes(null) ? [] : values.map(Number).filter(Number.isFinite);
}
