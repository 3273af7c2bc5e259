/** Seconds from `75`, `75.5`, `01:15`, `1:15.5` and `00:01:15`; null for anything else. */
export function seconds(text: string): number | null {
  const match = /^(?:(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5][0-9])|([0-9]{1,8}))(\.[0-9]{1,9})?$/.exec(text.trim());
  if (match === null) return null;
  const [, hours, minutes, rest, plain, fraction] = match;
  if (hours !== undefined && Number(minutes) > 59) return null;
  const whole = plain !== undefined ? Number(plain) : Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(rest);
  return whole + Number(fraction ?? 0);
}

/** Start and end in seconds, end after start. */
export type Window = [start: number, end: number];

/** Shared time over the time from the first start to the last end, in [0, 1]. */
export function windowIou(a: Readonly<Window>, b: Readonly<Window>): number {
  const shared = Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]));
  const around = Math.max(a[1], b[1]) - Math.min(a[0], b[0]);
  return around > 0 ? shared / around : 0;
}

/** Sorted, with those that touch or overlap joined. */
export function joined(windows: readonly Readonly<Window>[]): Window[] {
  const out: Window[] = [];
  for (const [start, end] of [...windows].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}

export function duration(windows: readonly Readonly<Window>[]): number {
  return joined(windows).reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Time that both sets cover, and that either does, seconds. */
export function coverage(a: readonly Readonly<Window>[], b: readonly Readonly<Window>[]): { shared: number; joint: number } {
  const joint = duration([...a, ...b]);
  return { shared: duration(a) + duration(b) - joint, joint };
}
