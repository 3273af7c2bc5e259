export function utf8Buffers(values: readonly string[]): { data: Uint8Array; valueOffsets: Int32Array } {
  const pieces = values.map((value) => Buffer.from(value, "utf8"));
  return { data: Buffer.concat(pieces), valueOffsets: offsetsOf(pieces.map((piece) => piece.byteLength)) };
}

/** [0, l0, l0 + l1, …] */
export function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i]! + length;
  return offsets;
}

/** One bit a value, 1 where there is one, least significant first; and how many there are not. */
export function validity(values: readonly unknown[]): { nullBitmap: Uint8Array | null; nullCount: number } {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (const [i, value] of values.entries()) {
    if (value === null) nullCount++;
    else nullBitmap[i >> 3]! |= 1 << (i & 7);
  }
  return nullCount === 0 ? { nullBitmap: null, nullCount } : { nullBitmap, nullCount };
}
