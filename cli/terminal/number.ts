/** `0.874`, `-1.82`, `12.4`, `0.00012`, `1.2e-7`: about three digits that matter, never more than nine characters. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e6 || size < 1e-4) return value.toExponential(1);
  if (size >= 100) return Math.round(value).toString();
  return size >= 10 ? value.toFixed(1) : size >= 0.01 ? value.toFixed(3) : value.toPrecision(2);
}

/** `950`, `12.4k`, `3.1M`: a count where its size matters and not its digits. */
export function count(value: number): string {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    // 999,950 would round to 1000.0k.
    if (value >= size * 0.99995) return `${(value / size).toFixed(1)}${unit}`;
  }
  return Math.round(value).toString();
}

/** `1,234,567` whatever the machine's locale. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** `0.8 s`, `42 s`, `3 m 05 s`, `2 h 07 m`, `3 d 04 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const s = Math.round(seconds);
  const two = (value: number) => `${Math.floor(value)}`.padStart(2, "0");
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m ${two(s % 60)} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${two((s % 3600) / 60)} m`;
  return `${Math.floor(s / 86_400)} d ${two((s % 86_400) / 3600)} h`;
}

/** `950 bytes`, `12.4 kB`, `3.1 GB`. */
export function bytes(value: number): string {
  const text = count(value);
  return /\d$/.test(text) ? `${text} bytes` : `${text.slice(0, -1)} ${text.slice(-1)}B`;
}
