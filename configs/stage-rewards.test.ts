import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../core/errors.ts";
import { loadRecipe } from "./load.ts";
import { loadRewards } from "./rewards.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-stage-rewards-"));
  file = join(folder, "r.yaml");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Lines are counted below: the first stage's own rewards begin on line 8. */
const recipe = (own: string, more = "") => `model: { preset: tiny }
data: { train: { name: digit_sum }, eval: null }
rewards: [{ name: answer }, { name: format }]
stages:
  - name: see
    kind: grpo
    steps: 2
    rewards: ${own}
${more}  - { name: think, kind: grpo, steps: 2 }
`;

const load = async (own: string, { more = "", set = [] }: { more?: string; set?: string[] } = {}) => {
  await writeFile(file, recipe(own, more));
  return (await loadRecipe(file, { set })).recipe;
};

async function problems(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message.replaceAll(`${folder}/`, "");
}

test("a stage has rewards of its own, with every default; another takes the recipe's", async () => {
  const { stages, rewards } = await load("[{ name: boxes, weight: 2 }]");
  expect(rewards.map(({ name }) => name)).toEqual(["answer", "format"]);
  expect(stages[0]).toMatchObject({ rewards: [{ name: "boxes", weight: 2, log_only: false, error_limit: 0.5 }] });
  expect(stages[1]).toMatchObject({ rewards: null });
});

test.each([
  ["[]", "r.yaml:8:14: stages.0.rewards: "],
  ["[{ name: anser }]", 'r.yaml:8:23: stages.0.rewards.0.name: no reward is called "anser"\n  Did you mean "answer"?'],
  ["[{ name: answer, wieght: 1 }]", "r.yaml:8:31: stages.0.rewards.0.wieght: unknown key\n  Did you mean weight?"],
  ["[{ name: boxes }, { name: boxes }]", 'stages.0.rewards.1.name: "boxes" is the name of stages.0.rewards.0 already'],
  ["[{ name: boxes, log_only: true }]", "r.yaml:8:14: stages.0.rewards: every reward is log_only or weighs 0\n  GRPO needs a total"],
  // the recipe's parts are not this list's
  ["[{ name: boxes, times: answer }]", 'stages.0.rewards.0.times: no part is called "answer"'],
  ["[{ name: judge_binary, options: { judge: grader } }]", 'stages.0.rewards.0.options.judge: there is no judge "grader"'],
  ["[{ file: ./mine.ts }]", "stages.0.rewards.0.file: there is no "],
])("%s: %s", async (own, expected) => {
  expect(await problems(load(own))).toContain(expected);
});

test("a stage's filter looks at its own parts, an evaluation at the recipe's", async () => {
  await load("[{ name: boxes }]", { more: "    filter: { on: boxes }\n", set: ["evaluation.correct=answer"] });
  expect(await problems(load("[{ name: boxes }]", { more: "    filter: { on: answer }\n" }))).toContain(
    'stages.0.filter.on: no reward of this stage is called "answer"',
  );
  expect(await problems(load("[{ name: boxes }]", { set: ["evaluation.correct=boxes"] }))).toContain(
    'evaluation.correct: no reward of this recipe is called "boxes"',
  );
});

test("rewards that nobody learns from may all be logged only", async () => {
  const set = ["rewards=[{ name: answer, log_only: true }]"];
  await load("[{ name: boxes }]", { set: [...set, "stages.think.rewards=[{ name: boxes }]"] });
  expect(await problems(load("[{ name: boxes }]", { set }))).toContain("rewards: every reward is log_only or weighs 0");
});

test("--set reaches into a stage's list, where a file takes a name's place, and paths go along with extends", async () => {
  await writeFile(join(folder, "mine.ts"), "");
  const { stages } = await load("[{ name: boxes }]", { set: [`stages.see.rewards.boxes.file=${join(folder, "mine.ts")}`] });
  const [own] = (stages[0] as { rewards: { name?: string; file?: string }[] }).rewards;
  expect(own).toMatchObject({ file: join(folder, "mine.ts") });
  expect(own).not.toHaveProperty("name");

  await writeFile(file, recipe("[{ file: mine.ts }]"));
  const above = join(await mkdtemp(join(folder, "above-")), "top.yaml");
  await writeFile(above, "extends: ../r.yaml\n");
  expect((await loadRecipe(above)).recipe.stages[0]).toMatchObject({ rewards: [{ file: "../mine.ts" }] });
});

describe("rewards alone", () => {
  const names = async (stage?: string) => {
    const { rewards, stages } = await loadRewards(file, { stage });
    return { names: rewards.map(({ name }) => name), stages };
  };

  test("are the recipe's, or those by which a stage scores, whatever is wrong elsewhere", async () => {
    await writeFile(file, recipe("[{ name: boxes }]", "    stpes: 3\n"));
    expect(await names()).toEqual({ names: ["answer", "format"], stages: ["see"] });
    expect((await names("see")).names).toEqual(["boxes"]);
    expect((await names("think")).names).toEqual(["answer", "format"]);
    expect(await problems(names("sea"))).toBe('r.yaml: stages: no stage of this recipe is called "sea"\n  Did you mean "see"?');
  });

  test("of a stage are refused by their place in it", async () => {
    await writeFile(file, recipe("[{ name: answer, weigth: 1 }, { name: boxes, times: nobody }]"));
    expect(await problems(names("see"))).toBe(
      "r.yaml:8:31: stages.0.rewards.0.weigth: unknown key\n  Did you mean weight?\n" +
        'r.yaml:8:66: stages.0.rewards.1.times: no part is called "nobody"\n  The parts of this list are answer, boxes.',
    );
    expect((await names()).names).toEqual(["answer", "format"]);
  });
});
