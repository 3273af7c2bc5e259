import type { Mask } from "./mask.ts";

/**
 * COCO's run lengths: pixels column by column, top to bottom, the first run counting zeros.
 * Source: the mask API of pycocotools (Lin et al. 2014, arXiv:1405.0312).
 */
export function decodeRuns(runs: readonly number[], width: number, height: number): Mask | null {
  const data = new Uint8Array(width * height);
  let at = 0;
  for (const [i, run] of runs.entries()) {
    if (!(run >= 0) || at + run > data.length) return null;
    if (i % 2 === 1) for (let k = at; k < at + run; k++) data[(k % height) * width + Math.floor(k / height)] = 1;
    at += run;
  }
  return at === data.length ? { width, height, data } : null;
}

export function encodeRuns({ width, height, data }: Mask): number[] {
  const runs: number[] = [];
  let value = 0;
  let run = 0;
  for (let k = 0; k < data.length; k++) {
    const here = data[(k % height) * width + Math.floor(k / height)]!;
    if (here !== value) {
      runs.push(run);
      [value, run] = [here, 0];
    }
    run++;
  }
  return [...runs, run];
}

/**
 * The compressed spelling, read: each number in groups of five bits from the lowest, one character a group (code 48 and up, bit 5 for "more
 * follows", the last group's bit 4 for its sign); from the fourth on a number is the difference to the one two places before.
 * Null where it is not that, or says more than `most` pixels.
 */
export function runsFromText(text: string, most: number): number[] | null {
  const runs: number[] = [];
  let total = 0;
  for (let at = 0; at < text.length; ) {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const code = text.charCodeAt(at++) - 48;
      if (!(code >= 0 && code < 64) || shift > 25) return null;
      value |= (code & 31) << shift;
      if ((code & 32) !== 0) continue;
      if ((code & 16) !== 0) value |= -1 << (shift + 5);
      break;
    }
    if (runs.length > 2) value += runs[runs.length - 2]!;
    total += value;
    if (value < 0 || total > most || runs.length > most) return null;
    runs.push(value);
  }
  return runs;
}

export function textFromRuns(runs: readonly number[]): string {
  let text = "";
  for (const [i, run] of runs.entries()) {
    let value = i > 2 ? run - runs[i - 2]! : run;
    while (true) {
      const group = value & 31;
      value >>= 5;
      const done = value === ((group & 16) !== 0 ? -1 : 0);
      text += String.fromCharCode(48 + (done ? group : group | 32));
      if (done) break;
    }
  }
  return text;
}
