import { Random } from "../core/random.ts";

/**
 * Which of `size` rows comes at each index of an endless stream: every epoch is a permutation of all rows, another one each time,
 * or the file's own order where `shuffle` is false. Holds the orders of two epochs at most, 4 bytes a row each.
 */
export function epochOrder(size: number, { seed, shuffle }: { seed: number; shuffle: boolean }): (index: number) => number {
  const held = new Map<number, Uint32Array>();
  return (index) => {
    if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`no row ${index}`);
    const epoch = Math.floor(index / size);
    if (!shuffle) return index % size;
    let order = held.get(epoch);
    if (order === undefined) {
      order = permutation(size, Random.of(seed, "epoch", epoch));
      const oldest = held.keys().next();
      if (held.size === 2 && !oldest.done) held.delete(oldest.value);
      held.set(epoch, order);
    }
    return order[index % size]!;
  };
}

/** Fisher and Yates, in place in a typed array. */
function permutation(size: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = random.integer(0, i);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
