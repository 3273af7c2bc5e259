import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { instantContext } from "../tests/instant-context.ts";
import { sampleStep } from "./grpo-sample.ts";
import { GrpoStage } from "./options.ts";
import { ReplayedGroups } from "./replay.ts";
import type { ScoredGroup } from "./sample-groups.ts";

/** Six groups of two a step, of which those of rows 2 and 5 of every six differ, with rewards 0 and 1. */
const stageOf = (replay: object | null) =>
  GrpoStage.parse({ name: "rl", kind: "grpo", steps: 9, groups_per_step: 6, group_size: 2, replay });
const rowsOf = (groups: ScoredGroup[]) => groups.map(({ row }) => row).sort((a, b) => a - b);

/** What is there after steps 0 to `steps` - 1. */
async function after(steps: number, replay: object | null, of = instantContext()) {
  const stage = stageOf(replay);
  const replayed = new ReplayedGroups(of.context, stage);
  for (let step = 0; step < steps; step++) replayed.keep(step, (await sampleStep(of.context, stage, step)).groups);
  return replayed;
}

test("groups whose rewards differ are drawn from, each once, for as many steps as they are kept", async () => {
  expect((await after(3, null)).draw(3)).toEqual([]);
  expect((await after(0, { steps: 2, groups: 9 })).draw(0)).toEqual([]);
  expect(rowsOf((await after(1, { steps: 2, groups: 9 })).draw(1))).toEqual([2, 5]);
  // of steps 1 and 2: rows 6 to 17
  expect(rowsOf((await after(3, { steps: 2, groups: 9 })).draw(3))).toEqual([8, 11, 14, 17]);
  // the sample deviation of 0 and 1 is sqrt(1 / 2) = 0.7071
  expect((await after(3, { steps: 2, groups: 9, min_std: 0.7 })).draw(3)).toHaveLength(4);
  expect((await after(3, { steps: 2, groups: 9, min_std: 0.71 })).draw(3)).toEqual([]);
});

test("the draw is the run's seed's and the step's, and another one in another step", async () => {
  const replayed = await after(4, { steps: 4, groups: 3 });
  const draws = [4, 5, 6, 7].map((step) => rowsOf(replayed.draw(step)));
  for (const rows of draws) expect(new Set(rows).size).toBe(3);
  expect(new Set(draws.map(String)).size).toBeGreaterThan(1);
  expect(rowsOf(replayed.draw(5))).toEqual(draws[1]);
});

test("a checkpoint gives the same draws", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vlrl-replay-"));
  try {
    const replayed = await after(3, { steps: 2, groups: 3 });
    await replayed.save(folder);
    const again = new ReplayedGroups(instantContext().context, stageOf({ steps: 2, groups: 3 }));
    await again.load(folder);
    const bare = (groups: ScoredGroup[]) => groups.map(({ row, rollouts, prompt }) => ({ row, rollouts, prompt }));
    const [expected, actual] = [replayed.draw(3), again.draw(3)];
    // numbered as in their own steps, with the version that sampled them
    expect(actual.map(({ rollouts }) => rollouts[0]!.policyVersion)).toEqual(expected.map(({ row }) => Math.floor(row / 6)));
    expect(bare(actual)).toEqual(bare(expected));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
