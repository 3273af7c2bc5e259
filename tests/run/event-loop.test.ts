import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program, TINY } from "./program.ts";

/**
 * Watches the main thread from the first stage's start to the end of the run. Prints the longest delay of a turn, and the most CPU time that the
 * thread itself used in one, where the system tells: on a busy machine a delay is mostly the wait for a core.
 */
const MEASURE = `import { existsSync, readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
if (isMainThread) {
  const file = "/proc/self/task/" + process.pid + "/schedstat";
  const used = existsSync(file) ? () => Number(readFileSync(file, "latin1").split(" ")[0]) / 1e6 : () => 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let timer;
  let [turns, most] = [0, 0];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text, ...rest) => {
    if (timer === undefined && text.startsWith('{"type":"stage",')) {
      delay.enable();
      let last = used();
      timer = setInterval(() => {
        const now = used();
        most = Math.max(most, now - last);
        last = now;
        turns++;
      }, 1);
    }
    if (text.startsWith('{"type":"end"')) {
      delay.disable();
      clearInterval(timer);
      process.stderr.write(JSON.stringify({ turns, most, max: delay.max / 1e6 }));
    }
    return write(text, ...rest);
  };
}
`;

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-delay-"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

test("the main thread stays free while the engine works", async () => {
  const measure = join(folder, "measure.mjs");
  await writeFile(measure, MEASURE);
  const set = [
    "stages.warm.batch_size=32",
    "stages.warm.micro_batch_size=32",
    "stages.rl.groups_per_step=4",
    "stages.rl.group_size=8",
    "data.eval.rows=64",
    "evaluation.rows=64",
    "model.slots=64",
  ];
  const { code, err } = await program.run(
    ["train", TINY, "--run-dir", join(folder, "run"), "--json", ...set.flatMap((assignment) => ["--set", assignment])],
    { preload: [measure] },
  );
  expect(code).toBe(0);
  const { turns, most, max } = JSON.parse(err) as { turns: number; most: number; max: number };
  console.log(`main thread: longest delay ${max.toFixed(1)} ms, most CPU time in a turn ${most.toFixed(1)} ms, ${turns} turns`);
  expect(turns).toBeGreaterThan(100);
  expect(most).toBeLessThan(50);
  // a wait for a core counts here: only what blocks outright shows
  expect(max).toBeLessThan(2000);
});
