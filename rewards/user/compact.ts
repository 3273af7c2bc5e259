import { isPicture } from "../ask.ts";

/**
 * A row's fields as they are sent to a thread. Pictures go without their pixels, as `{ width, height }`, unless `pictures` says otherwise or
 * they stand in the field `target`: a picture is larger than all the rest, and few rewards look at it. Of typed arrays that are windows on a
 * larger buffer only the window is sent, since the buffer may be a whole dataset. Looks into lists and plain objects one level deep.
 */
export function compact(
  fields: Record<string, unknown>,
  { pictures = true, target }: { pictures?: boolean; target?: string } = {},
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, pictures || name === target ? whole(value) : withoutPixels(value)]),
  );
}

/** The same values in a buffer of their own, where they are a window on a larger one. */
export function ownBuffer<T>(value: T): T {
  if (!ArrayBuffer.isView(value) || value.byteLength === value.buffer.byteLength || value instanceof DataView) return value;
  // a Buffer's own slice would be a window again
  const copy = value instanceof Uint8Array ? Uint8Array.from(value) : (value as unknown as Float32Array).slice();
  return copy as unknown as T;
}

function whole(value: unknown): unknown {
  if (Array.isArray(value) && value.some(isPicture)) return value.map(whole);
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, ownBuffer(item)])) : ownBuffer(value);
}

function withoutPixels(value: unknown): unknown {
  if (Array.isArray(value) && value.some(isPicture)) return value.map(withoutPixels);
  if (!isPicture(value)) return whole(value);
  const { width, height } = value;
  return { width, height };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
