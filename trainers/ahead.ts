/** Steps' inputs, of which the next step's are made while the engine works on this one's. */
export class Ahead<T> {
  private upcoming: { step: number; made: Promise<T> } | null = null;

  constructor(
    private readonly make: (step: number) => Promise<T>,
    private readonly steps: number,
  ) {}

  of(step: number): Promise<T> {
    return this.upcoming?.step === step ? this.upcoming.made : this.make(step);
  }

  /** Begins with what the step after `step` needs, if there is one. */
  begin(step: number): void {
    if (step + 1 >= this.steps) return;
    this.upcoming = { step: step + 1, made: this.make(step + 1) };
    // it is awaited by the next step, which may come after the failure
    this.upcoming.made.catch(() => {});
  }
}
