import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { instantContext } from "../tests/instant-context.ts";
import type { SampledStep } from "./grpo-sample.ts";
import { GrpoStage } from "./options.ts";
import { SampledAhead } from "./sample-ahead.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-ahead-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Two groups of two a step and two updates a step. */
const stageOf = (staleness: number, fields: object = {}) =>
  GrpoStage.parse({ name: "rl", kind: "grpo", steps: 5, groups_per_step: 2, group_size: 2, minibatches: 2, staleness, ...fields });

const versionsOf = ({ groups }: SampledStep) =>
  new Set(groups.flatMap(({ rollouts }) => rollouts.map(({ policyVersion }) => policyVersion)));
const examplesOf = ({ groups }: SampledStep) => groups.map(({ rollouts }) => Number(rollouts[0]!.exampleId));

/** What every step learns from: examples, the policy's version, and how many rows were asked for until then. */
async function course(staleness: number) {
  const { context, asked } = instantContext();
  const ahead = new SampledAhead(context, stageOf(staleness));
  const out: [examples: number[], versions: number[], asked: number][] = [];
  for (let step = 0; step < 5; step++) {
    const sampled = await ahead.of(step);
    out.push([examplesOf(sampled), [...versionsOf(sampled)], asked.length]);
  }
  return out;
}

describe("a step's groups", () => {
  test("are by the policy of the step at staleness 0", async () => {
    expect(await course(0)).toEqual([
      [[0, 1], [0], 2],
      [[2, 3], [2], 4],
      [[4, 5], [4], 6],
      [[6, 7], [6], 8],
      [[8, 9], [8], 10],
    ]);
  });

  // step k asks for rows up to those of step k + s, 2 a step, and never for more than the 10 of the stage; a version is 2 updates a step
  test("are by the policy of the step before at 1, and of step 0 in the first", async () => {
    expect(await course(1)).toEqual([
      [[0, 1], [0], 4],
      [[2, 3], [0], 6],
      [[4, 5], [2], 8],
      [[6, 7], [4], 10],
      [[8, 9], [6], 10],
    ]);
  });

  test("are by that of three steps before at 3", async () => {
    expect((await course(3)).map(([, versions, asked]) => [versions, asked])).toEqual([
      [[0], 8],
      [[0], 10],
      [[0], 10],
      [[0], 10],
      [[2], 10],
    ]);
  });

  test("are seeded and numbered as those of their own step", async () => {
    const fresh = await new SampledAhead(instantContext().context, stageOf(0)).of(1);
    const ahead = new SampledAhead(instantContext().context, stageOf(1));
    await ahead.of(0);
    const stale = await ahead.of(1);
    const facts = ({ groups }: SampledStep) => groups.map(({ rollouts }) => rollouts.map(({ seed, step, group }) => [seed, step, group]));
    expect(facts(stale)).toEqual(facts(fresh));
    expect(facts(stale)[1]![0]!.slice(1)).toEqual([2, 1]);
  });
});

describe("groups in flight", () => {
  const filter = { max_rounds: 5 };

  test.each([{}, { filter }])("are in a checkpoint bit for bit, and not sampled again: %j", async (fields) => {
    const stage = stageOf(2, fields);
    const before = new SampledAhead(instantContext().context, stage);
    await before.of(0);
    await before.of(1);
    // step 1 is done: steps 2 and 3 wait
    await before.save(folder, 2);
    expect((await readdir(folder)).sort()).toEqual(["in-flight-000003.arrow", "in-flight-000004.arrow", "in-flight.json"]);
    const { context, asked } = instantContext();
    const after = new SampledAhead(context, stage);
    await after.load(folder);
    asked.length = 0;
    for (const step of [2, 3, 4]) {
      const [expected, actual] = [await before.of(step), await after.of(step)];
      expect(actual.sampled).toBe(expected.sampled);
      const bare = ({ groups }: SampledStep) => groups.map(({ row, rollouts, prompt }) => ({ row, rollouts, prompt }));
      const untimed = (sampled: SampledStep) =>
        bare(sampled).map(({ rollouts, ...rest }) => ({
          ...rest,
          rollouts: rollouts.map((one) => ({ ...one, startedMs: 0, finishedMs: 0 })),
        }));
      // step 4 is sampled by both, each at its own time
      if (step < 4) expect(bare(actual)).toEqual(bare(expected));
      else expect(untimed(actual)).toEqual(untimed(expected));
    }
    // rows of step 4 alone: 8 and 9, or from 40 on until two groups differ
    expect(asked[0]).toBe("filter" in fields ? 40 : 8);
  });

  test("of a step that was under way are among them", async () => {
    const before = new SampledAhead(instantContext().context, stageOf(1));
    await before.of(1);
    await before.save(folder, 1);
    expect(await readdir(folder)).toContain("in-flight-000002.arrow");
  });

  test("may be none: at the end, without staleness, and where a filter left nothing", async () => {
    const end = new SampledAhead(instantContext().context, stageOf(1));
    await end.of(4);
    await end.save(folder, 5);
    expect(await readdir(folder)).toEqual(["in-flight.json"]);
    await rm(join(folder, "in-flight.json"));
    await new SampledAhead(instantContext().context, stageOf(0)).save(folder, 1);
    expect(await readdir(folder)).toEqual([]);

    const none = stageOf(1, { filter: { low: 5, max_rounds: 1, exhausted: "smaller" } });
    const before = new SampledAhead(instantContext().context, none);
    await before.of(0);
    await before.save(folder, 1);
    const { context, asked } = instantContext();
    const after = new SampledAhead(context, none);
    await after.load(folder);
    expect(await after.of(1)).toEqual({ groups: [], sampled: 2 });
    expect(asked).toEqual([4, 5]);
  });

  test("that are missing or damaged, or whose rows changed, are told by file", async () => {
    const { context } = instantContext();
    const before = new SampledAhead(context, stageOf(1));
    const load = (of = context) => new SampledAhead(of, stageOf(1)).load(folder);
    await expect(load()).rejects.toThrow(`${join(folder, "in-flight.json")}: there is no such file`);
    await before.of(0);
    await before.save(folder, 1);
    const other = { ...context.crew, train: { ...context.crew.train, at: async () => ({ id: "77", fields: {} }) } };
    await expect(load({ ...context, crew: other })).rejects.toThrow("row 2 gives another prompt than when 2 was sampled");
    await writeFile(join(folder, "in-flight.json"), '[{"step":1,"sampled":2,"rows":[2]}]');
    await expect(load()).rejects.toThrow("in-flight-000002.arrow: expected 1 groups, got 2");
    await writeFile(join(folder, "in-flight.json"), '[{"step":-1');
    await expect(load()).rejects.toThrow("in-flight.json: it is not what was written");
  });
});
