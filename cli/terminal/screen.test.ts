import { describe, expect, test } from "vitest";
import type { EvalResult, RunEvent, RunSummary } from "../../trainers/events.ts";
import { bar } from "./bar.ts";
import { evalTable, liveLine, type StageProgress, stepLine, summaryLines } from "./lines.ts";
import { count, duration, grouped, shortNumber } from "./number.ts";
import { Screen } from "./screen.ts";
import { table } from "./table.ts";
import { isLive, type Terminal } from "./terminal.ts";
import { padEnd, printable, textWidth, truncate, wrap } from "./text.ts";

const RESULT: EvalResult = {
  n: 1000,
  accuracy: 0.874,
  accuracy_low: 0.852,
  accuracy_high: 0.8931,
  reward: 1.9234,
  boxes: 0.81,
  "boxes/iou": 0.8312,
  format: null,
};
const SUMMARY: RunSummary = {
  name: "q",
  seed: 0,
  model: { parameters: 1_234_567, model_type: "smolvlm" },
  checkpoint: "runs/q/checkpoints/rl-step-000100",
  wall_s: 301,
  stages: [
    { name: "cold_start", kind: "sft", steps: 600, wall_s: 120, tokens_per_s: 15_300, eval: { ...RESULT, accuracy: 0.611, boxes: 0.7 } },
    { name: "rl", kind: "grpo", steps: 100, wall_s: 181, tokens_per_s: 0, eval: RESULT },
  ],
};

function fakeTerminal(live: boolean, width = 80): Terminal & { text: string } {
  return {
    text: "",
    out(text) {
      this.text += text;
    },
    err(text) {
      this.text += text;
    },
    live,
    color: false,
    width: () => width,
    height: () => 24,
  };
}

describe("numbers", () => {
  test.each([
    [0, "0"],
    [0.8741, "0.874"],
    [-1.82, "-1.820"],
    [12.43, "12.4"],
    [123.4, "123"],
    [0.00123, "0.0012"],
    [1.23e-7, "1.2e-7"],
    [4.5e6, "4.5e+6"],
    [Number.NaN, "NaN"],
  ])("shortNumber %f", (value, text) => expect(shortNumber(value)).toBe(text));

  test.each([
    [950.4, "950"],
    [12_400, "12.4k"],
    [999_940, "999.9k"],
    [999_960, "1.0M"],
    [3.1e9, "3.1G"],
  ])("count %f", (value, text) => expect(count(value)).toBe(text));

  test.each([
    [0.84, "0.8 s"],
    [9.96, "10 s"],
    [59.4, "59 s"],
    [59.6, "1 m 00 s"],
    [185, "3 m 05 s"],
    [7620, "2 h 07 m"],
    [273_600, "3 d 04 h"],
    [Number.POSITIVE_INFINITY, "?"],
  ])("duration %f", (value, text) => expect(duration(value)).toBe(text));

  test("grouped", () => {
    expect([0, 999, 1000, 1_234_567].map(grouped)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });
});

describe("text", () => {
  test("widths: a wide letter takes two columns, a combining mark none", () => {
    expect(["abc", "図形", "e\u0301", "🙂"].map(textWidth)).toEqual([3, 4, 1, 2]);
  });

  test("cuts and pads by columns", () => {
    expect(truncate("図形図形", 5)).toBe("図形…");
    expect(truncate("short", 5)).toBe("short");
    expect(padEnd("図", 4)).toBe("図  ");
  });

  test("control characters lose their power", () => {
    expect(printable("a\u001b[2Jb\u0007\r\n\tc\u202ed\u009b")).toBe("a\\u001b[2Jb\\u0007\\u000d\n  c\\u202ed\\u009b");
  });

  test("wraps at spaces, and inside of a word that is too long", () => {
    expect(wrap("the sum of the digits", 8)).toEqual(["the sum", "of the", "digits"]);
    expect(wrap("abcdefgh\n\nij", 3)).toEqual(["abc", "def", "gh", "", "ij"]);
  });
});

test("bar", () => {
  expect([0, 0.5, 1, 2].map((share) => bar(share, 4))).toEqual(["────", "━━──", "━━━━", "━━━━"]);
});

test("a table drops the least telling columns until it fits, and names them", () => {
  const columns = [
    { title: "stage", cells: ["rl"] },
    { title: "steps", cells: ["100"], right: true, drop: 1 },
    { title: "boxes", cells: ["0.8"], right: true, drop: 2 },
  ];
  expect(table(columns, 40)).toEqual(["stage  steps  boxes", "─────  ─────  ─────", "rl       100    0.8"]);
  expect(table(columns, 14)).toEqual(["stage  steps", "─────  ─────", "rl       100", "(too narrow f…"]);
});

describe("a step", () => {
  const progress: StageProgress = {
    name: "rl",
    step: 25,
    steps: 100,
    metrics: { loss: 0.0123, reward: 1.82, "rewards/answer/mean": 0.71, "rewards/boxes/mean": 0.5, "perf/tokens_per_s": 12_400 },
    left: 185,
    inside: null,
  };

  test("in a log", () => {
    expect(stepLine(progress)).toBe("rl 25/100 25% · reward 1.820 · answer 0.710 · loss 0.012 · 12.4k tok/s · boxes 0.500 · 3 m 05 s left");
  });

  test("on a live line, with as much as there is room for", () => {
    expect(liveLine(progress, 80)).toBe("rl ━━━━━─────────────── 25/100 · 3 m 05 s left · reward 1.820 · answer 0.710");
    expect(liveLine(progress, 40)).toBe("rl ━━━─────── 25/100 · 3 m 05 s left");
    expect(liveLine(progress, 12)).toBe("rl ━━──────…");
    expect(liveLine({ ...progress, inside: { what: "eval", done: 3, total: 9 } }, 60)).toBe(
      "rl ━━━━─────────── 25/100 · 3 m 05 s left · eval 3/9",
    );
  });
});

test("the summary of a run", () => {
  expect(summaryLines(SUMMARY, 100)).toEqual([
    "stage       steps              accuracy  reward  boxes  boxes/iou  format      time  tok/s",
    "──────────  ─────  ────────────────────  ──────  ─────  ─────────  ──────  ────────  ─────",
    "cold_start    600  0.611 [0.852, 0.893]   1.923  0.700      0.831       –  2 m 00 s  15.3k",
    "rl            100  0.874 [0.852, 0.893]   1.923  0.810      0.831       –  3 m 01 s      –",
    "",
    "1,234,567 parameters · 5 m 01 s in all · accuracy on 1,000 held-out rows, 95 % interval",
    "checkpoint runs/q/checkpoints/rl-step-000100",
  ]);
  const [first] = SUMMARY.stages;
  const measured = { mean_length: 20, "answer/timeout": 1, sums: 0.5, box_iou: 0.8 };
  const { n, accuracy, accuracy_low, accuracy_high, reward } = RESULT;
  const stages = [{ ...first!, eval: { n, accuracy, accuracy_low, accuracy_high, reward, ...measured } }];
  expect(summaryLines({ ...SUMMARY, stages }, 120)[0]).toMatch(/reward +box_iou +sums +mean_length +answer\/timeout +time/);
  for (const width of [40, 60, 80]) {
    for (const line of summaryLines(SUMMARY, width).slice(0, 4)) expect(textWidth(line)).toBeLessThanOrEqual(width);
  }
});

test("a stage that was not evaluated has no accuracy", () => {
  const [stage] = SUMMARY.stages;
  const nothing = { n: 0, accuracy: 0, accuracy_low: 0, accuracy_high: 1, reward: null };
  expect(summaryLines({ ...SUMMARY, stages: [{ ...stage!, eval: nothing }] }, 80)[2]).toBe(
    "cold_start    600         –       –  2 m 00 s  15.3k",
  );
});

test("an evaluation as a table", () => {
  expect(evalTable(RESULT, 80)).toEqual([
    "measure    mean",
    "─────────  ────────────────────",
    "rows       1,000",
    "accuracy   0.874 [0.852, 0.893]",
    "reward     1.923",
    "boxes      0.810",
    "boxes/iou  0.831",
    "format     –",
  ]);
});

describe("a screen", () => {
  const steps = 100;
  function play(terminal: Terminal, secondsPerStep: number, quiet = false): void {
    let clock = 0;
    const screen = new Screen(terminal, { quiet, now: () => clock * 1000 });
    const show = (event: RunEvent) => screen.show(event);
    show({ type: "run", folder: "runs/q", resumedFrom: null, parameters: 1_234_567, device: "cpu" });
    show({ type: "stage", name: "rl", kind: "grpo", steps, from: 0 });
    for (let step = 1; step <= steps; step++) {
      clock += secondsPerStep;
      show({ type: "step", stage: "rl", step, steps, metrics: { reward: step / 100 } });
      if (step === 50) show({ type: "warning", message: "odd\u001b[31m" });
    }
    show({ type: "eval", stage: "rl", step: steps, result: RESULT });
    show({ type: "checkpoint", stage: "rl", step: steps, folder: "runs/q/checkpoints/rl-step-000100" });
    show({ type: "stage_end", summary: SUMMARY.stages[1]! });
    show({ type: "end", summary: SUMMARY, interrupted: false });
    screen.close();
  }

  test("in a log: no cursor tricks, a line every 5 % at most, all evaluations, the table", () => {
    const terminal = fakeTerminal(false);
    play(terminal, 2);
    expect(terminal.text).not.toContain("\u001b");
    expect(terminal.text).not.toContain("\r");
    const lines = terminal.text.split("\n");
    const shown = lines.filter((line) => line.startsWith("rl ") && line.includes("/100")).map((line) => Number(/ (\d+)\//.exec(line)![1]));
    // The first step, then every fifth after it (5 %, 10 s), then the last.
    expect(shown).toEqual([1, 6, 11, 16, 21, 26, 31, 36, 41, 46, 51, 56, 61, 66, 71, 76, 81, 86, 91, 96, 100]);
    expect(lines).toContain("rl 51/100 51% · reward 0.510 · 1 m 38 s left");
    expect(lines).toContain(
      "eval rl step 100 · accuracy 0.874 [0.852, 0.893] of 1,000 · reward 1.923 · boxes 0.810 · boxes/iou 0.831 · format –",
    );
    expect(lines).toContain("warning: odd\\u001b[31m");
    expect(terminal.text).toContain("checkpoint runs/q/checkpoints/rl-step-000100\n");
  });

  test("in a log: fast steps come every 5 s, slow ones every minute", () => {
    const shown = (secondsPerStep: number) => {
      const terminal = fakeTerminal(false);
      play(terminal, secondsPerStep);
      return [...terminal.text.matchAll(/^rl (\d+)\/100/gm)].map(([, step]) => Number(step));
    };
    expect(shown(0.25)).toEqual([1, 21, 41, 61, 81, 100]);
    expect(shown(30)).toEqual([...Array.from({ length: 50 }, (_, i) => 2 * i + 1), 100]);
  });

  test("in a log: sampling hides no step, and a long evaluation says every minute how far it is", () => {
    const terminal = fakeTerminal(false);
    let clock = 0;
    const screen = new Screen(terminal, { quiet: false, now: () => clock * 1000 });
    screen.show({ type: "stage", name: "rl", kind: "grpo", steps, from: 0 });
    for (let done = 1; done <= 3; done++) screen.show({ type: "progress", what: "sample", done, total: 3 });
    screen.show({ type: "step", stage: "rl", step: 1, steps, metrics: {} });
    for (let done = 0; done <= 130; done++, clock++) screen.show({ type: "progress", what: "eval", done, total: 130 });
    expect(terminal.text.split("\n").slice(1)).toEqual([expect.stringMatching(/^rl 1\/100/), "rl · eval 60/130", "rl · eval 120/130", ""]);
  });

  test("live: the line is erased before another is printed, and at the end", () => {
    const terminal = fakeTerminal(true);
    play(terminal, 2);
    const drawn = terminal.text.split("\r\u001b[2K");
    expect(drawn.length).toBeGreaterThan(100);
    for (const piece of drawn.slice(1, -1)) expect(textWidth(piece.split("\n").at(-1)!)).toBeLessThan(80);
    expect(terminal.text.endsWith("rl-step-000100\n")).toBe(true);
  });

  test("an evaluation outside of a stage has a bar of its own", () => {
    const terminal = fakeTerminal(true, 60);
    const screen = new Screen(terminal, { quiet: false, now: () => 0 });
    screen.show({ type: "progress", what: "eval", done: 5, total: 20 });
    screen.show({ type: "eval", stage: "initial", step: 0, result: RESULT });
    screen.close();
    expect(terminal.text).toMatch(/^eval ━━━━────────── 5\/20\r/);
    expect(terminal.text.endsWith("format –\n")).toBe(true);
  });

  test("quiet: warnings and the table", () => {
    const terminal = fakeTerminal(true);
    play(terminal, 2, true);
    expect(terminal.text.split("\n").slice(0, 3)).toEqual(["warning: odd\\u001b[31m", "", expect.stringContaining("stage")]);
  });
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { CI: "true" }, false],
  [true, { CI: "false" }, true],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [true, { TERM: "dumb" }, false],
])("a terminal (%s) with %j is live: %s", (tty, env, live) => {
  expect(isLive(tty, env)).toBe(live);
});
