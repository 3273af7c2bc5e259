const CLOCK = /^(\d{1,2})(?:\s?:\s?(\d\d))?(?:\s?:\s?(\d\d))?\s{0,3}(?:\\(?:text|mathrm)\s?\{)?\s{0,3}(?:([ap])\.?\s?m\.?)?\s{0,3}\}?$/i;

/** `3 PM`, which is no 3 with a unit */
const HOUR_ALONE = /^[^:]*[ap]\.?\s?m\.?\s{0,3}\}?$/i;

interface Time {
  /** on a clock of 24 hours where `half` is said, else as written */
  hour: number;
  minute: number;
  second: number;
  half: boolean;
}

/** Whether two times of day are one: `3:30 p.m.`, `3:30\text{ PM}`, `15:30`; where one of them does not say which half of the day, either will do. Null where either is no time. */
export function sameTime(a: string, b: string): boolean | null {
  const [left, right] = [clock(a), clock(b)];
  if (left === null || right === null) return (left ?? right) !== null && HOUR_ALONE.test(left === null ? b : a) ? false : null;
  if (left.minute !== right.minute || left.second !== right.second) return false;
  if (left.hour === right.hour) return true;
  return left.half !== right.half && left.hour % 12 === right.hour % 12 && (left.half ? right : left).hour <= 12;
}

function clock(text: string): Time | null {
  const match = CLOCK.exec(text);
  if (match === null) return null;
  const [, hour, minute, second = "0", half] = match;
  if (minute === undefined && half === undefined) return null;
  const [h, m, s] = [Number(hour), Number(minute ?? 0), Number(second)];
  if (h > 24 || m > 59 || s > 59 || (half !== undefined && (h > 12 || h === 0))) return null;
  if (half === undefined) return { hour: h, minute: m, second: s, half: false };
  return { hour: (h % 12) + (half.toLowerCase() === "p" ? 12 : 0), minute: m, second: s, half: true };
}
