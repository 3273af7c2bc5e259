import type { SamplingOptions } from "../engine.ts";

/** Says when a completion has ended: at a stop id, or once its text holds a stop string. */
export class StopWatcher {
  private readonly ids: ReadonlySet<number>;
  private readonly longest: number;
  private tail = "";

  constructor(private readonly options: Pick<SamplingOptions, "stop_ids" | "stop_strings" | "pieces">) {
    this.ids = new Set(options.stop_ids);
    this.longest = Math.max(0, ...options.stop_strings.map((s) => s.length));
  }

  ends(token: number): boolean {
    if (this.ids.has(token)) return true;
    if (this.longest === 0) return false;
    const piece = this.options.pieces?.[token] ?? "";
    // enough text to hold a stop string that ends in this piece
    this.tail = (this.tail + piece).slice(-(this.longest + piece.length));
    return this.options.stop_strings.some((stop) => this.tail.includes(stop));
  }
}
