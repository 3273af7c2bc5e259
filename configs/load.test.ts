import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RecipeError } from "../core/errors.ts";
import { loadRecipe } from "./load.ts";

let folder: string;
let home: string;

beforeEach(async () => {
  home = process.cwd();
  folder = await mkdtemp(join(tmpdir(), "vlrl-recipe-"));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

/** A recipe that is right. Lines are counted in the tests below. */
const GOOD = `seed: 3
model: { preset: tiny }
data:
  train: { name: digit_sum }
  eval: { name: digit_sum, split: test, rows: 10 }
rewards:
  - name: answer
  - { name: boxes, weight: 0.5 }
stages:
  - name: warm
    kind: sft
    steps: 5
  - name: rl
    kind: grpo
    steps: 4
    group_size: 8
`;

async function write(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(name), { recursive: true });
    await writeFile(name, text);
  }
}

async function problems(file: string, set: string[] = []): Promise<string> {
  const error = await loadRecipe(file, { set }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RecipeError);
  return (error as RecipeError).message.replaceAll(folder, "FOLDER");
}

/** What is said about the good recipe with one text put for another. */
async function changed(from: string, to: string, set: string[] = []): Promise<string> {
  expect(GOOD).toContain(from);
  await write({ "r.yaml": GOOD.replace(from, to) });
  return problems("r.yaml", set);
}

describe("a recipe that is right", () => {
  test("comes with every default, and its text loads as itself from anywhere", async () => {
    await write({ "r.yaml": GOOD, "deep/er/copy.yaml": "" });
    const { recipe, text, folder: from } = await loadRecipe("r.yaml");
    expect(recipe).toMatchObject({
      name: "r",
      seed: 3,
      environment: { name: "visual_question" },
      evaluation: { rows: 1000, sampling: { temperature: 0 } },
      checkpoints: { keep_last: 2, metric: "accuracy" },
      rollouts: { write: true },
    });
    expect(recipe.stages.map(({ optimizer }) => optimizer.betas)).toEqual([
      [0.9, 0.999],
      [0.9, 0.999],
    ]);
    await writeFile("deep/er/copy.yaml", text);
    expect(await loadRecipe("deep/er/copy.yaml")).toEqual({ recipe, text, folder: from });
  });

  test("loads with a byte order mark, CRLF lines and anchors", async () => {
    const anchored = GOOD.replace("{ name: digit_sum }", "&d { name: digit_sum }").replace(
      "{ name: digit_sum, split: test, rows: 10 }",
      "*d",
    );
    await write({ "r.yaml": `\ufeff${anchored.replaceAll("\n", "\r\n")}` });
    const { recipe } = await loadRecipe("r.yaml");
    expect(recipe.data.eval).toEqual(recipe.data.train);
  });
});

describe("one fault, its place and its cure", () => {
  test.each([
    ["preset: tiny", "prest: tiny", "r.yaml:2:10: model.prest: unknown key\n  Did you mean preset?"],
    ["seed: 3", "sead: 3", "r.yaml:1:1: sead: unknown key\n  Did you mean seed?"],
    ["    group_size: 8", "    groupsize: 8", "r.yaml:16:5: stages.1.groupsize: unknown key\n  Did you mean group_size?"],
    ["    steps: 5", "    stepz: 5", "r.yaml:12:5: stages.0.stepz: unknown key\n  Did you mean steps?"],
    ["seed: 3", "seed: three", 'r.yaml:1:7: seed: expected a whole number, got "three"'],
    ["seed: 3", "seed:", "r.yaml:1:1: seed: expected a whole number, got nothing"],
    ["seed: 3", "seed: -1", "r.yaml:1:7: seed: expected 0 or more, got -1"],
    ["steps: 4", "steps: 1.5", "r.yaml:15:12: stages.1.steps: expected a whole number, got 1.5"],
    ["steps: 4", "steps: [4]", "r.yaml:15:12: stages.1.steps: expected a whole number, got a list"],
    [
      "group_size: 8",
      "group_size: 1",
      "r.yaml:16:17: stages.1.group_size: expected 2 or more, got 1\n  With one completion per prompt every advantage is 0.",
    ],
    ["weight: 0.5", "weight: .nan", "r.yaml:8:28: rewards.1.weight: expected a number, got NaN"],
    ["weight: 0.5", "weight: yes", 'r.yaml:8:28: rewards.1.weight: expected a number, got "yes"'],
    ["name: boxes", "name: boxs", 'r.yaml:8:13: rewards.1.name: no reward is called "boxs"\n  Did you mean "boxes"?'],
    ["name: boxes", "nmae: boxes", "r.yaml:8:7: rewards.1.nmae: unknown key\n  Did you mean name?"],
    [
      "name: boxes",
      "name: answer",
      'r.yaml:8:13: rewards.1.name: "answer" is the name of rewards.0 already\n  Parts of the reward are told apart by name: remove one, or give it another with `as`.',
    ],
    [
      "{ name: boxes, weight: 0.5 }",
      "{ name: boxes, times: anwser }",
      'r.yaml:8:27: rewards.1.times: no part is called "anwser"\n  Did you mean "answer"?',
    ],
    [
      "{ name: boxes, weight: 0.5 }",
      "{ name: boxes, when: [{ part: boxes, above: 0 }] }",
      "r.yaml:8:35: rewards.1.when.0.part: goes round in a ring: boxes → boxes\n  A part can't depend on itself: remove one of these.",
    ],
    [
      "{ name: boxes, weight: 0.5 }",
      "{ name: boxes, as: answer }",
      'r.yaml:8:24: rewards.1.as: "answer" is the name of rewards.0 already\n  Parts of the reward are told apart by name: remove one, or give it another with `as`.',
    ],
    [
      "{ name: boxes, weight: 0.5 }",
      "{ name: boxes, threshold: { abve: 0.5 } }",
      "r.yaml:8:33: rewards.1.threshold.abve: unknown key\n  Did you mean above?",
    ],
    [
      "{ name: boxes, weight: 0.5 }",
      "{ name: boxes, when: [{ part: answer, at_leest: 1 }] }",
      "r.yaml:8:43: rewards.1.when.0.at_leest: unknown key\n  Did you mean at_least?",
    ],
    [
      "{ name: boxes, weight: 0.5 }",
      "{ name: boxes, gate: maybe }",
      'r.yaml:8:26: rewards.1.gate: expected true, or at_least, above, at_most or below, with else beside it, got "maybe"',
    ],
    [
      "train: { name: digit_sum }",
      "train: { name: digitsum }",
      'r.yaml:4:18: data.train.name: no dataset is called "digitsum"\n  Did you mean "digit_sum"?',
    ],
    [
      "train: { name: digit_sum }",
      "train: { name: digit_sum, canvass: 9 }",
      "r.yaml:4:29: data.train.canvass: unknown key\n  Did you mean canvas?",
    ],
    [
      "train: { name: digit_sum }",
      "train: digit_sum",
      'r.yaml:4:10: data.train: expected a section of `key: value` lines, got "digit_sum"',
    ],
    [
      "train: { name: digit_sum }",
      "train: {}",
      "r.yaml:4:10: data.train.name: is missing\n  Add it: one of digit_sum, jsonl, image_folder.",
    ],
    [
      "  train: { name: digit_sum }\n",
      "",
      "r.yaml:4:3: data.train: is missing\n  Add it: a section of `key: value` lines (what the policy is trained on).",
    ],
    ["kind: sft", "kind: sfft", 'r.yaml:11:11: stages.0.kind: expected one of sft, grpo, dpo, ppo, got "sfft"\n  Did you mean sft?'],
    [
      "name: rl",
      "name: warm",
      "r.yaml:13:11: stages.1.name: \"warm\" is the name of stages.0 already\n  A stage's name is a part of its checkpoints' names.",
    ],
    [
      "kind: sft",
      'kind: sft\n    emphasis: [{ pattern: "(", weight: 2 }]',
      'r.yaml:12:27: stages.0.emphasis.0.pattern: expected a regular expression, got "("\n  Invalid regular expression: /(/gu: Unterminated group.',
    ],
    ["name: rl", "name: RL 1", 'r.yaml:13:11: stages.1.name: expected lower case letters, digits, - and _, got "RL 1"'],
    ["    group_size: 8", "    loss: grop", 'r.yaml:16:11: stages.1.loss: no loss is called "grop"\n  Did you mean "grpo"?'],
    [
      "    group_size: 8",
      "    advantage: best",
      'r.yaml:16:16: stages.1.advantage: no advantage is called "best"\n  Known: group_mean, group_steps, rloo, opo, gpg, pass_k, reinforce_plus_plus, reinforce_plus_plus_baseline, gdpo, gdpo_whitened.',
    ],
    [
      "    group_size: 8",
      "    aggregation: token",
      'r.yaml:16:18: stages.1.aggregation: no aggregation is called "token"\n  Known: token_mean, sequence_mean_token_mean, token_sum, sequence_mean_token_sum, sequence_mean_token_sum_norm, dr_grpo, luspo.',
    ],
    [
      "    group_size: 8",
      "    loss: cispo\n    clip_high: 0.3",
      "r.yaml:17:16: stages.1.clip_high: has no effect here\n  Loss cispo does not read it; it reads ratio, ratio_cap.",
    ],
    [
      "    group_size: 8",
      "    kl_estimator: k2",
      "r.yaml:16:19: stages.1.kl_estimator: has no effect here\n  It says nothing while kl_coef is 0.",
    ],
    [
      "    group_size: 8",
      "    correction: mask",
      "r.yaml:16:17: stages.1.correction: has no effect here\n  The old logprobs are the sampler's, so that there is no gap: let old_logprobs be recomputed.",
    ],
    [
      "    group_size: 8",
      "    loss: vespo\n    old_logprobs: recomputed\n    correction: mask\n    correction_level: sequence",
      "r.yaml:19:23: stages.1.correction_level: expected token with loss vespo, got sequence\n  vespo sums the importance weights of a completion's tokens itself.",
    ],
    [
      "    group_size: 8",
      "    kl_coef: 0.1\n    kl_in: reward\n    kl_estimator: k3+",
      "r.yaml:18:19: stages.1.kl_estimator: expected one without a +, got k3+\n  It names a gradient, and a reward has none.",
    ],
    [
      "    group_size: 8",
      "    filter: { on: anser }",
      'r.yaml:16:19: stages.1.filter.on: no reward of this stage is called "anser"\n  Did you mean "answer"?',
    ],
    [
      "    group_size: 8",
      "    minibatches: 3",
      "r.yaml:16:18: stages.1.minibatches: expected a divisor of groups_per_step (16), got 3\n  Every optimizer step takes as many groups as the others: 1, 2, 4, 8, 16 fit.",
    ],
    [
      "    group_size: 8",
      "    minibatches: 4\n    micro_batch_groups: 5",
      "r.yaml:17:25: stages.1.micro_batch_groups: expected 4 or less, got 5\n  That is groups_per_step / minibatches: a minibatch has no more.",
    ],
    [
      "    group_size: 8",
      "    replay: { steps: 1, groups: 17 }",
      "r.yaml:16:13: stages.1.replay: expected groups of 16 or less, got 17\n  1 steps have no more groups than that: keep them longer, or draw fewer.",
    ],
    [
      "    group_size: 8",
      "    minibatches: 2\n    replay: { steps: 1, groups: 3 }",
      "r.yaml:17:13: stages.1.replay: expected groups to be a multiple of minibatches (2), got 3\n  Every optimizer step takes as many replayed groups as the others.",
    ],
    [
      "    group_size: 8",
      "    advantage: gdpo\n    replay: { steps: 1, groups: 3 }",
      "r.yaml:17:13: stages.1.replay: does not go with advantage gdpo, which compares the groups of a step\n  Rewards of several policies are no batch: use an advantage within each group, as group_mean.",
    ],
    [
      "    group_size: 8",
      "    scale_rewards: batch\n    replay: { steps: 1, groups: 3 }",
      "r.yaml:17:13: stages.1.replay: does not go with scale_rewards batch, which compares the groups of a step\n  Rewards of several policies are no batch: use an advantage within each group, as group_mean.",
    ],
    [
      "    group_size: 8",
      "    loss: reinforce\n    replay: { steps: 1, groups: 3 }",
      "r.yaml:17:13: stages.1.replay: does not go with loss reinforce, which does not see that another policy sampled\n  Use a loss with a ratio, as grpo, or old_logprobs: recomputed with a correction.",
    ],
    [
      "preset: tiny",
      "preset: tiny, path: .",
      "r.yaml:2:8: model: give either preset or path\nr.yaml:2:30: model.path: FOLDER has no config.json and no adapter_config.json\n  Name a folder with config.json, safetensors weights and tokenizer files, or one that PEFT wrote.",
    ],
    ["preset: tiny", "path: nowhere", "r.yaml:2:16: model.path: there is no FOLDER/nowhere\n  The folder FOLDER holds r.yaml."],
    [
      "train: { name: digit_sum }",
      "train: { name: jsonl, path: r.yml }",
      "r.yaml:4:31: data.train.path: there is no FOLDER/r.yml\n  Did you mean r.yaml?",
    ],
    [
      "  - name: answer",
      "  - file: ./mine.ts",
      "r.yaml:7:11: rewards.0.file: there is no FOLDER/mine.ts\n  The folder FOLDER holds r.yaml.",
    ],
    [
      "seed: 3",
      "evaluation: { correct: anser }",
      'r.yaml:1:24: evaluation.correct: no reward of this recipe is called "anser"\n  Did you mean "answer"?',
    ],
    [
      "seed: 3",
      "checkpoints: { metric: acuracy }",
      'r.yaml:1:24: checkpoints.metric: no metric of an evaluation is called "acuracy"\n  Did you mean "accuracy"?',
    ],
    ["seed: 3", "name: a/b", 'r.yaml:1:7: name: expected a name that can be a folder\'s, got "a/b"\n  No slashes.'],
    [
      "seed: 3",
      "environment: { name: visual }",
      'r.yaml:1:22: environment.name: no environment is called "visual"\n  Known: visual_question, chat.',
    ],
    ["seed: 3", "seed: 3\nseed: 4", "r.yaml:2:1: seed: this key is there twice\n  It is on line 1 already: remove one of the two."],
    ["seed: 3", "seed: !!js/function 'x'", "r.yaml:1:7: tags such as !!js/function are not for recipes\n  Write the plain value."],
    [
      "seed: 3",
      "seed: *nobody",
      "r.yaml:1:7: no value is marked &nobody\n  An alias comes after the value that it repeats.\nr.yaml:1:7: seed: expected a whole number, got nothing",
    ],
    [
      "seed: 3",
      "constructor: 3",
      "r.yaml:1:1: constructor: unknown key\n  Known here: name, seed, model, data, environment, rewards, judges, stages, evaluation, checkpoints, rollouts, extends, folder.",
    ],
    ["seed: 3", "? [seed]\n: 3", "r.yaml:1:1: a key that is not a word\n  Write `key: value`."],
    [
      "seed: 3",
      "__proto__: { seed: 3 }",
      "r.yaml:1:1: __proto__: unknown key\n  Known here: name, seed, model, data, environment, rewards, judges, stages, evaluation, checkpoints, rollouts, extends, folder.",
    ],
    [
      "rewards:\n  - name: answer\n  - { name: boxes, weight: 0.5 }",
      "rewards: []",
      "r.yaml:6:10: rewards: expected 1 entry or more, got 0",
    ],
    [
      "rewards:\n  - name: answer\n  - { name: boxes, weight: 0.5 }",
      "rewards: [{ name: answer, log_only: true }]",
      "r.yaml:6:10: rewards: every reward is log_only or weighs 0\n  GRPO needs a total that differs: give one of them a weight.",
    ],
  ])("%j to %j", async (from, to, message) => {
    expect(await changed(from, to)).toBe(message);
  });

  test.each([
    ["steps: 5", "steps: [5", "r.yaml:13:3: not valid YAML: "],
    ["  train: {", "\ttrain: {", "r.yaml:4:1: a tab as indentation"],
    ["seed: 3", "seed: 'three", "r.yaml:1:7: not valid YAML: Missing closing 'quote"],
    ["seed: 3", `seed: ${"[".repeat(100_000)}`, "r.yaml:1:71: nested more than 64 deep"],
    ["seed: 3", `seed:\n${"- ".repeat(100_000)}`, "r.yaml:2:129: nested more than 64 deep"],
    ["seed: 3", "seed: 3\n---\nx: 1\n---", "r.yaml:2:1: a second document begins"],
  ])("broken text: %j", async (from, to, start) => {
    const message = await changed(from, to);
    expect(message.split("\n")[0]).toContain(start);
    expect(message.length).toBeLessThan(2000);
  });
});

test("everything at once, in the order of the lines", async () => {
  await write({
    "r.yaml": GOOD.replace("seed: 3", "seed: x")
      .replace("preset", "prset")
      .replace("name: boxes", "name: bxes")
      .replace("steps: 4", "steps: 0"),
  });
  expect(
    (await problems("r.yaml", ["stages.warm.steps=-1", "rolouts.write=false"])).split("\n").filter((line) => !line.startsWith(" ")),
  ).toEqual([
    'r.yaml:1:7: seed: expected a whole number, got "x"',
    "r.yaml:2:10: model.prset: unknown key",
    'r.yaml:8:13: rewards.1.name: no reward is called "bxes"',
    "r.yaml:15:12: stages.1.steps: expected 1 or more, got 0",
    "--set stages.warm.steps=-1: stages.0.steps: expected 1 or more, got -1",
    "--set rolouts.write=false: rolouts: unknown key",
  ]);
});

describe("files that are no recipes", () => {
  test.each([
    ["", "r.yaml:1:1: the recipe is empty"],
    ["# only a comment\n", "r.yaml:1:1: the recipe is empty"],
    ["- a\n- b\n", "r.yaml:1:1: expected `key: value` lines, got a list"],
    ["hello\n", "r.yaml:1:1: expected `key: value` lines, got a single value"],
    [Uint8Array.of(0x61, 0x3a, 0x0a, 0x62, 0x3a, 0x20, 0xff, 0x0a), "r.yaml:2:4: not UTF-8 text"],
    [Uint8Array.of(0xff, 0xfe, 0x61, 0x00), "r.yaml:1:1: not UTF-8 text"],
    ["#".repeat(2 ** 20 + 1), "r.yaml: 1.0 MB long, which is no recipe"],
  ])("%#", async (text, message) => {
    await write({ "r.yaml": text });
    expect((await problems("r.yaml")).split("\n")[0]).toBe(message);
  });

  test("a folder, a missing file, a file in a file, one that may not be read", async () => {
    await write({ "recipes/quick.yaml": GOOD, "locked.yaml": GOOD });
    expect(await problems("recipes")).toBe("recipes: a folder\n  Name the recipe itself, a .yaml file.");
    expect(await problems("recipes/quik.yaml")).toBe("recipes/quik.yaml: there is no such file\n  Did you mean quick.yaml?");
    expect(await problems("locked.yaml/r.yaml")).toContain("there is no such file");
    await chmod("locked.yaml", 0);
    // Root may read anything.
    if (process.getuid?.() !== 0) expect(await problems("locked.yaml")).toContain("locked.yaml: not readable (EACCES)");
  });

  test("a bomb of aliases is refused, not built", async () => {
    const lines = Array.from({ length: 10 }, (_, i) => `x${i + 1}: &x${i + 1} [${Array(10).fill(`*x${i}`).join(", ")}]`);
    await write({ "r.yaml": `x0: &x0 [1]\n${lines.join("\n")}\n${GOOD}` });
    expect(await problems("r.yaml")).toContain(": more than 100 aliases\n");
  });

  test("an alias of what it stands in", async () => {
    expect(await changed("seed: 3", "seed: &x [*x]")).toContain("r.yaml:1:11: more than 100 aliases");
  });

  test("more problems than anyone reads are counted", async () => {
    await write({ "r.yaml": GOOD + Array.from({ length: 80 }, (_, i) => `zzzzzzzz${i}: 1\n`).join("") });
    expect((await problems("r.yaml")).split("\n").at(-1)).toBe("r.yaml: and 30 more problems");
  });
});

describe("extends", () => {
  test("merges sections, replaces lists, and keeps the name of the file that was asked for", async () => {
    await write({
      "base/base.yaml": GOOD,
      "r.yaml": "extends: base/base.yaml\nseed: 9\ndata: { eval: { rows: 20 } }\nrewards: [{ name: steps }]\n",
    });
    const { recipe, text } = await loadRecipe("r.yaml");
    expect(recipe).toMatchObject({ name: "r", seed: 9, model: { preset: "tiny" }, data: { eval: { split: "test", rows: 20 } } });
    expect(recipe.rewards.map(({ name }) => name)).toEqual(["steps"]);
    expect(text).not.toContain("extends");
  });

  test("another dataset takes none of the old one's options, and a path takes the preset's place", async () => {
    await write({
      "base.yaml": GOOD,
      "rows.jsonl": "{}\n",
      "m/config.json": "{}",
      "r.yaml": "extends: base.yaml\nmodel: { path: m }\ndata: { eval: { name: jsonl, path: rows.jsonl } }\n",
    });
    const { recipe } = await loadRecipe("r.yaml");
    expect(recipe.model).toMatchObject({ path: "m" });
    expect(recipe.model).not.toHaveProperty("preset");
    expect(recipe.data.eval).toEqual({ name: "jsonl", path: "rows.jsonl", rows: null, shuffle: true, image_field: "image" });
  });

  test("a path starts at the folder of the file that it is written in", async () => {
    await write({
      "base/rows.jsonl": "{}\n",
      "base/mine.ts": "",
      "base/base.yaml": GOOD.replace("train: { name: digit_sum }", "train: { name: jsonl, path: rows.jsonl }").replace(
        "- name: answer",
        "- file: ./mine.ts",
      ),
      "top/r.yaml": "extends: ../base/base.yaml\n",
    });
    const { recipe, folder: from } = await loadRecipe("top/r.yaml");
    expect(from).toBe(join(folder, "top"));
    expect(recipe.data.train.path).toBe("../base/rows.jsonl");
    expect(recipe.rewards[0]!.file).toBe("../base/mine.ts");
  });

  test("a fault is placed in the file where it is written", async () => {
    await write({ "b.yaml": GOOD.replace("seed: 3", "seed: x"), "r.yaml": "extends: b.yaml\nmodel: { preset: tiyn }\n" });
    expect(await problems("r.yaml")).toBe(
      'r.yaml:2:18: model.preset: expected tiny, got "tiyn"\n  Did you mean tiny?\nb.yaml:1:7: seed: expected a whole number, got "x"',
    );
  });

  test.each([
    [{ "r.yaml": "extends: r.yaml\n" }, "r.yaml:1:10: extends: a recipe can't extend itself: r.yaml → r.yaml\n  Remove one of these."],
    [
      { "r.yaml": "extends: a/b.yaml\n", "a/b.yaml": "seed: 1\nextends: ../r.yaml\n" },
      "a/b.yaml:2:10: extends: a recipe can't extend itself: r.yaml → a/b.yaml → r.yaml\n  Remove one of these.",
    ],
    [{ "r.yaml": "extends: bass.yaml\n", "base.yaml": GOOD }, "r.yaml:1:10: there is no bass.yaml\n  Did you mean base.yaml?"],
    [{ "r.yaml": "extends: a\n", "a/x": "" }, "r.yaml:1:10: a is a folder\n  Name the recipe itself, a .yaml file."],
    [{ "r.yaml": `${GOOD}extends: [a, b]\n` }, "r.yaml:17:1: extends: expected a path\n  Name one recipe file."],
    [
      { "r.yaml": "extends: b.yaml\n", "b.yaml": "" },
      "b.yaml:1:1: the recipe is empty\n  A recipe is a section of `key: value` lines; configs/quickstart.yaml is one to start from.",
    ],
  ])("%j", async (files, message) => {
    await write(files as Record<string, string>);
    expect(await problems("r.yaml")).toBe(message);
  });

  test("a cycle through a link is seen", async () => {
    await write({ "r.yaml": "extends: link.yaml\n" });
    await symlink("r.yaml", "link.yaml");
    expect(await problems("r.yaml")).toContain("r.yaml → link.yaml");
  });
});

describe("an optimizer that asks for what would be ignored", () => {
  test.each([
    ["min_lr_ratio: 0.1", "min_lr_ratio: a constant schedule never goes down"],
    ["no_decay: [bias]", "no_decay: no weight decays"],
    ["kind: adafactor", "adafactor: expected with kind adafactor, and only there\n"],
    ["schedule: wsd, warmup_steps: 99, decay: { steps: 2 }", "decay: 99 steps of warm-up and 2 of decay are more than the stage's 100"],
  ])("%s", async (field, message) => {
    const said = await changed("    steps: 5\n", `    steps: 100\n    optimizer: { ${field} }\n`);
    expect(said).toContain(`stages.0.optimizer.${message}`);
  });
});

describe("--set", () => {
  test("reaches fields by list index, by name, in brackets, and makes sections that were left out", async () => {
    await write({ "r.yaml": GOOD });
    const set = [
      "stages.0.steps=7",
      "stages.rl.steps=8",
      "stages[1].optimizer.lr=2e-4",
      "rewards.boxes.weight=2",
      "evaluation.sampling={top_k: 3}",
    ];
    const { recipe } = await loadRecipe("r.yaml", { set: [...set, "name=other", "data.eval="] });
    expect(recipe.name).toBe("other");
    expect(recipe.stages.map(({ steps }) => steps)).toEqual([7, 8]);
    expect(recipe.stages[1]!.optimizer.lr).toBe(2e-4);
    expect(recipe.rewards[1]!.weight).toBe(2);
    expect(recipe.evaluation.sampling.top_k).toBe(3);
    expect(recipe.data.eval).toBeNull();
  });

  test("the last of two wins; a named section forgets the options of its old name; a reward keeps its weight", async () => {
    await write({ "r.yaml": GOOD, "rows.jsonl": "{}\n" });
    const set = ["seed=1", "seed=2", "data.eval.name=jsonl", "data.eval.path=rows.jsonl", "rewards.boxes.name=random"];
    const { recipe } = await loadRecipe("r.yaml", { set });
    expect(recipe.seed).toBe(2);
    expect(recipe.data.eval).not.toHaveProperty("split");
    expect(recipe.rewards[1]).toMatchObject({ name: "random", weight: 0.5 });
  });

  test("a path starts at the working directory", async () => {
    await write({ "deep/r.yaml": GOOD, "models/m/config.json": "{}" });
    const { recipe, folder: from } = await loadRecipe("deep/r.yaml", { set: ["model.path=models/m"] });
    expect(from).toBe(join(folder, "deep"));
    expect(recipe.model).toMatchObject({ path: "../models/m" });
  });

  test.each([
    ["seed", "--set seed: expected a field, an equals sign and a value\n  For example --set stages.rl.steps=4, or --set stages.1.steps=4."],
    [
      "a..b=1",
      "--set a..b=1: expected a field, an equals sign and a value\n  For example --set stages.rl.steps=4, or --set stages.1.steps=4.",
    ],
    ["seed=1.5", "--set seed=1.5: seed: expected a whole number, got 1.5"],
    ["stages.2.steps=1", "--set stages.2.steps=1: stages.2.steps: stages has no entry 2\n  As written, it has 0 to 1: warm, rl."],
    ["stages.r1.steps=1", "--set stages.r1.steps=1: stages.r1.steps: stages has no entry r1\n  Did you mean rl?"],
    ["seed.x=1", "--set seed.x=1: seed.x: seed is a single value\n  There is no x in it."],
    [
      "seed=[",
      "--set seed=[: seed: not valid YAML: Flow sequence must end with a ]\n  Look at the indentation, quotes and brackets on this line and the one above.",
    ],
    ["sed=1", "--set sed=1: sed: unknown key\n  Did you mean seed?"],
    ["extends=x", "--set extends=x: extends: can't be set here\n  Write it in the recipe."],
    ["model.path=nope", "--set model.path=nope: model.path: there is no FOLDER/nope\n  The folder FOLDER holds r.yaml."],
  ])("%s", async (assignment, message) => {
    await write({ "r.yaml": GOOD });
    expect(await problems("r.yaml", [assignment])).toBe(message);
  });
});

test.each([
  ["", 'there is no judge "grader"\n  Describe it in the section judges.'],
  ["judges: { gradr: { kind: rule, rules: [{ pattern: a, answer: b }] } }\n", 'no judge is called "grader"\n  Did you mean "gradr"?'],
])("a judge that is not there, with %j", async (judges, message) => {
  const text = await changed("stages:", `  - { name: judge_binary, options: { judge: grader } }\n${judges}stages:`);
  expect(text).toBe(`r.yaml:9:45: rewards.2.options.judge: ${message}`);
});
