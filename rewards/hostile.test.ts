import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Outcome } from "../core/types.ts";
import { ask } from "./ask.ts";
import { createScorer } from "./compose.ts";
import { rewards } from "./index.ts";
import { RewardSpec } from "./options.ts";

const MEGABYTE = 1_000_000;

function fill(piece: string): string {
  return piece.repeat(Math.ceil(MEGABYTE / piece.length)).slice(0, MEGABYTE);
}

// rewards of the folders have such tests of their own, with targets of their own
const outcomes = ["answer", "box_iou", "boxes", "format", "random", "steps"].map((name) => rewards.get(name));

const fields = { answer: "15", box: [0, 0, 10, 10], digits: [{ digit: 3, box: [0, 0, 10, 10] }] };

// Each of these makes some careless pattern take quadratic time: 10^12 steps at this length.
test.each([
  ["spaces", fill(" ")],
  ["digits", fill("0")],
  ["zeros in a fraction", `<answer>0.${fill("0")}1</answer>`],
  ["zeros before a number", `<answer>${fill("0")}15</answer>`],
  ["words with dots", fill("a.")],
  ["sums", fill("1+1=2;")],
  ["pluses and equals", fill("+=")],
  ["opened boxes", fill("<box>")],
  ["one box without an end", `<box>${fill("1,")}`],
  ["boxes of blanks", fill("<box>,,,</box>")],
  ["opened answers", fill("<answer>")],
  ["closed answers", fill("</answer>")],
  ["spaces in an answer", `<answer>x${fill(" ")}x</answer>`],
  ["angle brackets", fill("<")],
  ["thoughts", fill("<think></think>")],
  ["surrogate pairs", fill("\u{1d7db}=")],
  ["half a surrogate pair", fill("\ud835")],
  ["nulls", fill("\u0000")],
])("a megabyte of %s is scored in linear time, and never paid for", async (_, completion) => {
  for (const definition of outcomes) {
    const started = process.cpuUsage();
    const outcome = await ask(
      { definition, field: definition.field, options: { seed: 0 } },
      { completion, exampleId: "a", fields, seed: 0, tokens: 1, finish: "length" },
    );
    // not by the clock: others may keep the machine busy
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000, definition.name).toBeLessThan(2000);
    if (definition.name === "random") continue;
    const right = completion.endsWith("015</answer>") && definition.name === "answer"; // fifteen, spelt at length
    expect(outcome, definition.name).toMatchObject({ kind: "score", score: right ? 1 : 0 });
  }
});

describe("a reward file that does its worst", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vlrl-hostile-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The outcomes of one completion after the other, of a file whose `score` is this, on one thread. */
  async function outcomes(body: string, completions: string[], spec: Partial<RewardSpec> = {}): Promise<Outcome[]> {
    const code = `import { defineReward, z } from "vlrl";
const hoard = [];
export default defineReward({ name: "worst", target: z.unknown(), field: "answer", async score({ completion }) { ${body} } });
`;
    await writeFile(join(folder, "worst.mjs"), code);
    const parsed = RewardSpec.parse({ file: "worst.mjs", timeout_ms: 500, ...spec });
    const scorer = await createScorer([parsed], { folder, seed: 0, workers: 1 });
    const found: Outcome[] = [];
    for (const completion of completions) {
      const { parts, reward } = await scorer.score({ example: { id: "a", fields: {} }, completion, tokens: 1, finish: "stop" });
      const { outcome } = parts[0]!;
      expect(reward).toBe(outcome.kind === "score" ? outcome.score : null);
      found.push(outcome);
      // time for what it does behind its answer: the thread has to be gone before the next question
      if (/setTimeout|reject/.test(body) && completion === "worst") await sleep(2000);
    }
    await scorer.close();
    return found;
  }

  const fine = { kind: "score", score: 1 };

  test.each<[string, string, unknown]>([
    ["ends the process", "process.exit(0)", { kind: "error", message: "ended its own thread with exit code 0" }],
    ["ends it later", "setTimeout(() => process.exit(0), 5); return 7", { kind: "score", score: 7 }],
    ["throws later", "setTimeout(() => { throw new Error('late') }, 5); return 7", { kind: "score", score: 7 }],
    ["rejects behind its answer", "Promise.reject(new Error('late')); return 7", { kind: "score", score: 7 }],
    ["aborts", "process.abort()", { kind: "error", message: expect.stringContaining("worst.mjs:3: TypeError") }],
    [
      "gives up",
      "await new Promise((_, no) => AbortSignal.timeout(5).addEventListener('abort', ({ target }) => no(target.reason)))",
      {
        kind: "timeout",
        message: expect.stringContaining("aborted due to timeout"),
      },
    ],
    ["loops", "for (;;);", { kind: "timeout", message: "no answer in 500 ms" }],
    ["loops by promises", "for (;;) await null", { kind: "timeout", message: "no answer in 500 ms" }],
    ["never ends", "await new Promise(() => {})", { kind: "timeout", message: "no answer in 500 ms" }],
    ["recurses without end", "const f = () => 1 + f(); return f()", { kind: "error", message: expect.stringContaining("RangeError") }],
    ["throws nothing", "throw undefined", { kind: "error", message: expect.stringContaining("threw undefined") }],
    ["returns what can't be sent", "return { score: 1, metrics: { f: () => 1 } }", { kind: "error", message: expect.any(String) }],
    ["returns a number that lies", "return { score: { valueOf: () => 1 } }", { kind: "error", message: expect.any(String) }],
    ["poisons prototypes", "Object.prototype.score = 9; return undefined", { kind: "error", message: expect.any(String) }],
  ])("%s: one outcome, and the next completion is scored", { timeout: 60_000 }, async (_, worst, expected) => {
    const body = `if (completion !== "worst") return 1; ${worst}`;
    expect(await outcomes(body, ["fine", "worst", "fine"])).toEqual([fine, expected, fine]);
  });

  test("takes more memory than it may: its thread is ended, and the process keeps its own", { timeout: 60_000 }, async () => {
    const body = 'if (completion === "fine") return 1; for (;;) hoard.push(new Array(1e5).fill(hoard.length));';
    const before = process.memoryUsage().rss;
    const [first, greedy, last] = await outcomes(body, ["fine", "greedy", "fine"], { memory_mb: 64, timeout_ms: 30_000 });
    expect([first, last]).toEqual([fine, fine]);
    expect(greedy).toMatchObject({ kind: "error", message: expect.stringContaining("memory limit") });
    // with the 512 MB of the default it would be far beyond
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MEGABYTE);
  });
});
