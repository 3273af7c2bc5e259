/** Values from many producers, in the order of their arrival, for one consumer. The first failure replaces all that is still inside. */
export class Inbox<T> {
  private readonly values: T[] = [];
  private failure: { error: unknown } | null = null;
  private wake: (() => void) | null = null;

  push(value: T): void {
    this.values.push(value);
    this.wake?.();
  }

  fail(error: unknown): void {
    this.failure ??= { error };
    this.wake?.();
  }

  async next(): Promise<T> {
    for (;;) {
      if (this.failure !== null) throw this.failure.error;
      if (this.values.length > 0) return this.values.shift() as T;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
