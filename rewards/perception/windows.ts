import { seconds, type Window } from "../geometry/time.ts";
import { MAX_WRITTEN } from "./written.ts";

const TIME = "(?<![0-9:.])(?:[0-9]{1,3}:){0,2}[0-9]{1,8}(?:\\.[0-9]{1,9})?(?![0-9:])";
const UNIT = "\\s{0,4}(?:s|sec|secs|second|seconds)?\\s{0,4}";
const PAIR = new RegExp(`\\[\\s{0,4}(${TIME})${UNIT},\\s{0,4}(${TIME})${UNIT}\\]|(${TIME})${UNIT}(?:-|–|—|\\bto\\b)\\s{0,4}(${TIME})`, "g");

/**
 * Windows of time in the text, in order: `[10, 20]`, `00:10 - 00:20`, `10s to 20.5s`, `1:00:10–1:00:20`; null for one whose end is not after its
 * start. No more than `limit` are kept. Linear in the text.
 */
export function writtenWindows(text: string, limit = MAX_WRITTEN): { count: number; first: (Window | null)[]; last: Window | null } {
  const found = { count: 0, first: [] as (Window | null)[], last: null as Window | null };
  for (const [, a, b, c, d] of text.matchAll(PAIR)) {
    const [start, end] = [seconds(a ?? c!), seconds(b ?? d!)];
    const window: Window | null = start !== null && end !== null && end > start ? [start, end] : null;
    found.count++;
    found.last = window;
    if (found.first.length < limit) found.first.push(window);
  }
  return found;
}

const ONE = new RegExp(TIME, "g");

/** Times in the text, in order, in seconds. No more than `limit`, the last ones. */
export function writtenTimes(text: string, limit = MAX_WRITTEN): number[] {
  const times: number[] = [];
  for (const [token] of text.matchAll(ONE)) {
    const time = seconds(token);
    if (time === null) continue;
    times.push(time);
    if (times.length > 2 * limit) times.splice(0, limit);
  }
  return times.slice(-limit);
}
