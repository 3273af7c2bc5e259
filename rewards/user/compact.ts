/**
 * The same fields, typed arrays that are windows on a larger buffer copied out of it: sending a window to a thread would send
 * all of the buffer, which may be a whole dataset. Looks into plain objects one level deep, where a picture keeps its pixels.
 */
export function compact(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, isPlain(value) ? mapValues(value) : own(value)]));
}

function mapValues(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, own(value)]));
}

function own(value: unknown): unknown {
  const isWindow = value instanceof Uint8Array && value.byteLength < value.buffer.byteLength;
  return isWindow ? Uint8Array.from(value) : value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
