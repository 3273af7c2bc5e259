import { bar } from "./bar.ts";
import { bytes, duration } from "./number.ts";
import type { Terminal } from "./terminal.ts";

/** Work that is done before this says nothing. */
const QUIET_SECONDS = 1;
/** A log gets a line no more often than this. */
const LOG_SECONDS = 10;
const REDRAW_SECONDS = 0.08;
const COLUMNS = 24;

/** How far a large folder is written, on stderr: on a live terminal one line that changes, anywhere else a log. */
export class Transfer {
  private readonly started: number;
  private shown: number;
  private drawn = false;

  constructor(
    private readonly terminal: Pick<Terminal, "err" | "live">,
    private readonly now: () => number = Date.now,
  ) {
    this.started = now();
    this.shown = Number.NEGATIVE_INFINITY;
  }

  show(done: number, total: number): void {
    const { terminal } = this;
    const now = this.now();
    const seconds = (now - this.started) / 1000;
    if (seconds < QUIET_SECONDS || (now - this.shown) / 1000 < (terminal.live ? REDRAW_SECONDS : LOG_SECONDS)) return;
    this.shown = now;
    const left = duration((seconds / done) * Math.max(0, total - done));
    const text = `${bytes(done)} of ${bytes(total)}, ${left} left`;
    if (!terminal.live) {
      terminal.err(`${text}\n`);
      return;
    }
    terminal.err(`${this.drawn ? "\r\u001b[2K" : ""}${bar(done / total, COLUMNS)} ${text}`);
    this.drawn = true;
  }

  close(): void {
    if (this.drawn) this.terminal.err("\r\u001b[2K");
    this.drawn = false;
  }
}
