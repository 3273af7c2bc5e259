import type { RunEvent } from "../../trainers/events.ts";
import {
  checkpointLine,
  evalLine,
  insideLine,
  liveLine,
  runLine,
  type StageProgress,
  stageEndLine,
  stageLine,
  stepLine,
  summaryLines,
  warningLine,
} from "./lines.ts";
import { paint, type Terminal } from "./terminal.ts";

/** A log gets a step line not more often than this, and not before 5 % of the steps either, unless a minute has passed. */
const LOG_SECONDS = 5;
const LOG_SHARE = 0.05;
const LOG_AT_LEAST_SECONDS = 60;
/** How often the live line is drawn again. */
const REDRAW_MS = 80;
/** Steps whose speed the remaining time is judged by. */
const SPEED_STEPS = 20;

export interface ScreenOptions {
  /** only warnings, and the table at the end */
  quiet: boolean;
  /** milliseconds */
  now?: () => number;
}

/** Shows a run: on a live terminal one line that changes under lines that stay, anywhere else a log. */
export class Screen {
  private readonly terminal: Terminal;
  private readonly quiet: boolean;
  private readonly now: () => number;
  private progress: StageProgress | null = null;
  /** when each of the last steps ended */
  private ends: { step: number; at: number }[] = [];
  private logged = { at: -Infinity, step: 0 };
  private insideSince: number | null = null;
  private drawnAt = -Infinity;
  private drawn = false;

  constructor(terminal: Terminal, { quiet, now = Date.now }: ScreenOptions) {
    this.terminal = terminal;
    this.quiet = quiet;
    this.now = now;
  }

  show(event: RunEvent): void {
    if (event.type === "step") this.step(event.step, event.metrics);
    else if (event.type === "progress") this.inside(event);
    else this.announce(event);
  }

  private announce(event: Exclude<RunEvent, { type: "step" | "progress" }>): void {
    if (event.type === "stage") {
      this.progress = { name: event.name, step: event.from, steps: event.steps, metrics: {}, left: null, inside: null };
      this.ends = [{ step: event.from, at: this.now() }];
      this.logged = { at: -Infinity, step: event.from };
    }
    if (event.type === "eval") this.insideSince = null;
    if (event.type === "eval" && this.progress?.name === "") this.close();
    if (event.type === "eval" && this.progress !== null) this.progress.inside = null;
    if (event.type === "stage_end" || event.type === "end") this.close();
    if (this.quiet && event.type !== "warning" && event.type !== "end") return;
    const text = eventText(event, this.terminal);
    if (text !== null) this.print(text);
  }

  /** A line of the command's own, above the live one. */
  print(line: string): void {
    this.erase();
    this.terminal.out(`${line}\n`);
    this.draw();
  }

  /** Leaves the screen as a shell wants it. */
  close(): void {
    this.progress = null;
    this.erase();
  }

  private step(step: number, metrics: Record<string, number>): void {
    const { progress } = this;
    if (progress === null) return;
    const now = this.now();
    this.ends = [...this.ends, { step, at: now }].slice(-SPEED_STEPS - 1);
    const first = this.ends[0]!;
    const pace = step > first.step ? (now - first.at) / 1000 / (step - first.step) : null;
    Object.assign(progress, { step, metrics, inside: null, left: pace === null ? null : pace * (progress.steps - step) });
    if (this.quiet) return;
    if (this.terminal.live) {
      this.redraw(now);
      return;
    }
    const waited = (now - this.logged.at) / 1000;
    const share = (step - this.logged.step) / progress.steps;
    if (step !== progress.steps && !(waited >= LOG_SECONDS && (share >= LOG_SHARE || waited >= LOG_AT_LEAST_SECONDS))) return;
    this.logged = { at: now, step };
    this.print(stepLine(progress));
  }

  private inside({ what, done, total }: { what: "eval" | "sample"; done: number; total: number }): void {
    if (this.quiet) return;
    const now = this.now();
    // Outside of a stage the evaluation itself is what the bar shows.
    this.progress ??= { name: "", step: 0, steps: 1, metrics: {}, left: null, inside: null };
    const { progress } = this;
    if (progress.name === "") Object.assign(progress, { step: done, steps: total });
    progress.inside = { what, done, total };
    if (this.terminal.live) {
      this.redraw(now);
      return;
    }
    // Counted from the last line of a step or of this kind; the first one waits too.
    this.insideSince = Math.max(this.insideSince ?? now, this.logged.at);
    if ((now - this.insideSince) / 1000 < LOG_AT_LEAST_SECONDS) return;
    this.insideSince = now;
    this.print(insideLine(progress));
  }

  private redraw(now: number): void {
    if (now - this.drawnAt < REDRAW_MS) return;
    this.erase();
    this.draw();
  }

  private draw(): void {
    if (!this.terminal.live || this.quiet || this.progress === null) return;
    // One column stays free: some terminals wrap a line that fills the last one.
    this.terminal.out(liveLine(this.progress, this.terminal.width() - 1));
    this.drawn = true;
    this.drawnAt = this.now();
  }

  private erase(): void {
    if (!this.drawn) return;
    this.terminal.out("\r\u001b[2K");
    this.drawn = false;
  }
}

function eventText(event: Exclude<RunEvent, { type: "step" | "progress" }>, terminal: Terminal): string | null {
  switch (event.type) {
    case "run":
      return paint(runLine(event), "bold", terminal);
    case "stage":
      return paint(stageLine(event), "bold", terminal);
    case "eval":
      return paint(evalLine(event), "green", terminal);
    case "checkpoint":
      return paint(checkpointLine(event), "dim", terminal);
    case "warning":
      return paint(warningLine(event), "yellow", terminal);
    case "stage_end":
      return stageEndLine(event);
    case "end":
      return event.summary.stages.length === 0 ? null : `\n${summaryLines(event.summary, terminal.width()).join("\n")}`;
  }
}
