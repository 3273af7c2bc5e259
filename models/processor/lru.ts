/** A map that keeps the entries used last, `capacity` of them. */
export class Lru<Value> {
  readonly capacity: number;
  private readonly entries = new Map<string, Value>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The value of `key`, made by `make` where it is not held. What `make` throws is passed on and not kept. */
  get(key: string, make: () => Value): Value {
    const held = this.entries.get(key);
    const value = held ?? make();
    // A Map lists its keys in the order in which they were set: the first is the one used longest ago.
    if (held !== undefined) this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.capacity) this.entries.delete(this.entries.keys().next().value!);
    return value;
  }
}
