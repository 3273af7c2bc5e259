/** How one section of a golden file came out: its largest difference as a share of what is allowed (above 1 is a failure). */
export interface Section {
  section: string;
  /** largest absolute difference */
  difference: number;
  /** largest difference divided by its own tolerance */
  share: number;
  compared: number;
}

export class Comparison {
  private difference = 0;
  private share = 0;
  private compared = 0;

  constructor(private readonly section: string) {}

  near(actual: number, expected: number, tolerance: number): void {
    const difference = Number.isFinite(actual) ? Math.abs(actual - expected) : Infinity;
    this.difference = Math.max(this.difference, difference);
    this.share = Math.max(this.share, difference / tolerance);
    this.compared++;
  }

  all(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
    if (actual.length !== expected.length) throw new Error(`${this.section}: ${actual.length} values, expected ${expected.length}`);
    for (let i = 0; i < expected.length; i++) this.near(actual[i]!, expected[i]!, tolerance);
  }

  get result(): Section {
    if (this.compared === 0) throw new Error(`${this.section}: nothing was compared`);
    const { section, difference, share, compared } = this;
    return { section, difference, share, compared };
  }
}
