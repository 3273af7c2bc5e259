/**
 * Seeded random numbers. One seed is passed in at the top and every part derives its own stream from it by name, so that
 * adding a consumer never shifts the numbers of another.
 *
 * The generator is xoshiro128** (Blackman & Vigna 2018), seeded through splitmix32.
 */
export interface RandomState {
  words: [number, number, number, number];
}

function splitmix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

/** A 32-bit hash of a seed and any number of names or numbers: the seed of a derived stream. */
export function deriveSeed(seed: number, ...parts: (string | number)[]): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (const part of parts) {
    for (const char of `${part}\u0000`) {
      hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0;
    }
    hash = (hash ^ (hash >>> 15)) >>> 0;
  }
  return splitmix32(hash)();
}

export class Random {
  private words: Uint32Array;

  constructor(seed: number | RandomState) {
    if (typeof seed === "number") {
      const next = splitmix32(seed);
      this.words = Uint32Array.of(next(), next(), next(), next());
    } else {
      this.words = Uint32Array.from(seed.words);
    }
  }

  /** A stream of its own for the named purpose. */
  static of(seed: number, ...parts: (string | number)[]): Random {
    return new Random(deriveSeed(seed, ...parts));
  }

  get state(): RandomState {
    return { words: [this.words[0]!, this.words[1]!, this.words[2]!, this.words[3]!] };
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const w = this.words;
    const product = Math.imul(w[1]!, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = w[1]! << 9;
    w[2]! ^= w[0]!;
    w[3]! ^= w[1]!;
    w[1]! ^= w[2]!;
    w[0]! ^= w[3]!;
    w[2]! ^= shifted;
    w[3] = (w[3]! << 11) | (w[3]! >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return (this.uint32() * 0x200000 + (this.uint32() >>> 11)) / 2 ** 53;
  }

  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A new array in random order (Fisher and Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
}
