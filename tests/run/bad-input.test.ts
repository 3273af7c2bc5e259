import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWeights } from "../../core/safetensors.ts";
import { writeSafetensors } from "../../core/safetensors-write.ts";
import type { Picture } from "../../core/types.ts";
import { openDataset } from "../../datasets/index.ts";
import { smallDisk } from "../small-disk.ts";
import { type Outcome, Program } from "./program.ts";
import { metricsOf, rolloutsOf, weightHashes } from "./result.ts";

const ROWS = 20;
let program: Program;
let folder: string;

beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-bad-"));
  await writePictures();
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A user's own data: rows.jsonl and a PNG file a row. */
async function writePictures(): Promise<void> {
  const { default: sharp } = await import("sharp");
  const dataset = await openDataset({ name: "digit_sum" }, { folder, seed: 0 });
  const lines: string[] = [];
  await mkdir(join(folder, "png"));
  for (let i = 0; i < ROWS; i++) {
    const { image, question, answer, trace } = (await dataset.at(i)).fields;
    const { data, width, height } = image as Picture;
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, "png", `${i}.png`));
    lines.push(JSON.stringify({ id: `row-${i}`, image: `png/${i}.png`, question, answer, trace }));
  }
  await writeFile(join(folder, "rows.jsonl"), `${lines.join("\n")}\n`);
}

interface RecipeParts {
  train?: string;
  model?: string;
  rewards?: string;
  stages?: string;
}
const SFT = "{ name: warm, kind: sft, steps: 5, batch_size: 4, save_every: 1, optimizer: { lr: 1.0e-3 } }";
const GRPO =
  "{ name: rl, kind: grpo, steps: 2, groups_per_step: 1, group_size: 4, save_every: 1, sampling: { max_new_tokens: 4 }, optimizer: { lr: 1.0e-3 } }";

/** Writes a recipe over the user's data and returns its path. */
async function recipe(name: string, parts: RecipeParts = {}): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  const {
    train = "{ name: jsonl, path: rows.jsonl, shuffle: false }",
    model = "{ preset: tiny, slots: 4, threads: 1 }",
    rewards = "[{ name: answer }]",
    stages = SFT,
  } = parts;
  await writeFile(file, `model: ${model}\ndata: { train: ${train}, eval: null }\nrewards: ${rewards}\nstages: [${stages}]\n`);
  return file;
}

const runDirOf = (name: string) => join(folder, "runs", name);
const train = (file: string, name: string, ...more: string[]) =>
  program.run(["train", file, "--run-dir", runDirOf(name), "--json", ...more]);

/** The reader's mistake: exit code 2, what is wrong and where, and no stack. */
function expectRefusal({ code, err }: Outcome, ...texts: string[]): void {
  for (const text of texts) expect(err).toContain(text);
  expect(err).not.toMatch(/^ {4}at /m);
  expect(code).toBe(2);
}

describe("what is wrong before a run starts", () => {
  test("misspelt keys and wrong types, all at once", async () => {
    const file = await recipe("typo", { stages: SFT.replace("batch_size: 4", "batchsize: 4").replace("steps: 5", "steps: many") });
    expectRefusal(
      await train(file, "typo"),
      "typo.yaml:4:",
      "batchsize: unknown key\n  Did you mean batch_size?",
      "steps: expected a whole number",
    );
    expect(await readdir(folder)).not.toContain("runs");
  });

  test("a dataset file that is not there", async () => {
    const file = await recipe("missing", { train: "{ name: jsonl, path: row.jsonl }" });
    expectRefusal(await train(file, "missing"), "missing.yaml:2:37: data.train.path: there is no", "Did you mean rows.jsonl?");
  });

  test("a dataset without rows", async () => {
    await writeFile(join(folder, "empty.jsonl"), "\n");
    const file = await recipe("empty", { train: "{ name: jsonl, path: empty.jsonl }" });
    expectRefusal(await train(file, "empty"), "empty.jsonl: has no rows");
  });

  test("a reward file that does not load", async () => {
    await writeFile(join(folder, "broken.mjs"), "throw new Error('not today');\n");
    const file = await recipe("broken", { rewards: "[{ file: broken.mjs }]" });
    expectRefusal(await train(file, "broken"), "broken.mjs", "not today");
  });
});

test("a damaged picture found on the way: what was written stays, and the run goes on once it is mended", async () => {
  const file = await recipe("pictures");
  expect((await train(file, "sound")).code).toBe(0);

  const [empty, short] = [join(folder, "png", "10.png"), join(folder, "png", "17.png")];
  const whole = [await readFile(empty), await readFile(short)] as const;
  await truncate(empty, 0);
  await truncate(short, 80);
  expectRefusal(await train(file, "mended"), `rows.jsonl:11: row-10: image: ${empty} is empty (0 bytes)`, "Copy the picture again");
  // rows 8 to 11 are the third batch
  expect(await readdir(join(runDirOf("mended"), "checkpoints"))).toContain("warm-step-000002");
  expect((await metricsOf(runDirOf("mended"))).map(({ step }) => step)).toEqual([1, 2]);

  await writeFile(empty, whole[0]);
  expectRefusal(await train(file, "mended", "--resume"), `rows.jsonl:18: row-17: image: ${short} is damaged or cut short`);
  expect(await readdir(join(runDirOf("mended"), "checkpoints"))).toContain("warm-step-000004");

  await writeFile(short, whole[1]);
  expect((await train(file, "mended", "--resume")).code).toBe(0);
  expect(await metricsOf(runDirOf("mended"))).toEqual(await metricsOf(runDirOf("sound")));
  const last = (name: string) => weightHashes(join(runDirOf(name), "checkpoints", "warm-step-000005"));
  expect(await last("mended")).toEqual(await last("sound"));
});

describe("a checkpoint", () => {
  /** A model folder made from the last checkpoint of a run, with its tensors changed. */
  async function damaged(name: string, change: (tensors: Map<string, { shape: number[]; data: Float32Array }>) => void) {
    const from = join(runDirOf("sound"), "checkpoints", "warm-step-000005");
    const to = join(folder, name);
    await mkdir(to);
    for (const file of (await readdir(from)).filter((one) => !/safetensors$|^state/.test(one))) {
      await writeFile(join(to, file), await readFile(join(from, file)));
    }
    const weights = await readWeights(from);
    const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [tensor, { shape }] of weights.tensors) tensors.set(tensor, { shape, data: await weights.read(tensor, shape) });
    change(tensors);
    await writeSafetensors(join(to, "model.safetensors"), tensors);
    return recipe(name, { model: `{ path: ${name} }` });
  }
  const NORM = "model.text_model.norm.weight";

  test("that lacks a tensor", async () => {
    const file = await damaged("lacking", (tensors) => tensors.delete(NORM));
    expectRefusal(await train(file, "lacking"), `model.safetensors: ${NORM}: this tensor of the model is missing`);
  });

  test("with a tensor of another shape", async () => {
    const file = await damaged("misshapen", (tensors) => tensors.set(NORM, { shape: [3], data: new Float32Array(3) }));
    expectRefusal(await train(file, "misshapen"), "model.safetensors", NORM, "[3]");
  });
});

test("a disk that is full: the run ends with its name, and what was written is there", async () => {
  const disk = await mkdtemp(join(folder, "disk-"));
  const unmount = smallDisk(disk);
  // without the right to mount, checkpoints/store.test.ts and core/atomic.test.ts still cover the error itself
  if (unmount === null) return;
  try {
    const runDir = join(disk, "run");
    const file = await recipe("full", { stages: `${GRPO.replace("save_every: 1", "save_every: 0")}, ${SFT}` });
    expectRefusal(
      await program.run(["train", file, "--run-dir", runDir, "--json"]),
      `no space left on ${join(runDir, "checkpoints")}`,
      "Nothing that was written before is lost. Free some space there, or give another place with --run-dir.",
    );
    expect((await metricsOf(runDir)).map(({ step }) => step)).toEqual([1, 2]);
    expect(Object.keys(await rolloutsOf(runDir))).toEqual(["rl-step-000001.arrow", "rl-step-000002.arrow"]);
    expect(await readdir(join(runDir, "checkpoints"))).toEqual([]);
  } finally {
    unmount();
  }
});

describe("a reward file that fails while a run goes on", () => {
  async function rewardFile(name: string, body: string, version = 1): Promise<void> {
    const code = `import { defineReward, z } from "vlrl";
export default defineReward({ name: "${name}", version: ${version}, target: z.unknown(), field: "answer", score({ completion }) { ${body} } });
`;
    await writeFile(join(folder, `${name}.mjs`), code);
  }

  test.each([
    ["throws", "throw new Error('no')", "error", 5000],
    ["gives_nan", "return NaN", "error", 5000],
    ["hangs", "for (;;);", "timeout", 100],
  ])("%s: counted by name, nothing is trained, and the run says so", async (name, body, kind, timeoutMs) => {
    await rewardFile(name, body);
    const file = await recipe(name, {
      rewards: `[{ file: ${name}.mjs, timeout_ms: ${timeoutMs}, error_limit: 1 }, { name: answer }]`,
      stages: GRPO,
    });
    const { code, err, events } = await train(file, name);
    expect(err).toBe("");
    expect(code).toBe(0);
    const rows = await metricsOf(runDirOf(name));
    for (const row of rows) expect(row).toMatchObject({ [`reward/${name}/${kind}`]: 4, "rollout/failed": 4 });
    expect(rows[0]).not.toHaveProperty("loss");
    for (const rollout of Object.values(await rolloutsOf(runDirOf(name))).flat()) expect(rollout).toMatchObject({ reward: null });
    const warnings = events.filter(({ type }) => type === "warning");
    expect(warnings).toEqual([1, 2].map((step) => ({ type: "warning", message: expect.stringContaining(`step ${step}: none of 4`) })));
    const [first, second] = await Promise.all(
      [1, 2].map((step) => weightHashes(join(runDirOf(name), "checkpoints", `rl-step-00000${step}`))),
    );
    expect(first!["model.safetensors"]).toBe(second!["model.safetensors"]);
  });

  test("too often: the run saves, stops and shows what failed; put right, it goes on", async () => {
    await rewardFile("frail", "throw new Error('no service')");
    const file = await recipe("frail", { rewards: "[{ file: frail.mjs, timeout_ms: 1000 }, { name: answer }]", stages: GRPO });
    const stopped = await train(file, "frail");
    expect(stopped.code).toBe(2);
    const [head, ...lines] = stopped.err.trimEnd().split("\n");
    expect(head).toContain('rewards[0]: "frail" failed for 4 of 4 completions, a larger share than its error_limit of 0.5');
    expect(lines).toEqual([
      ...[1, 2, 3].map(() => expect.stringMatching(/^ {2}row-[0-9]+: ".*": .*frail\.mjs:2: Error: no service$/)),
      "  Put it right and go on with --resume, or raise its error_limit: 1 lets it fail.",
    ]);
    expect(await metricsOf(runDirOf("frail"))).toHaveLength(1);
    expect(await readdir(join(runDirOf("frail"), "checkpoints"))).toEqual(["rl-step-000001"]);

    await rewardFile("frail", "return completion.length", 2);
    expectRefusal(await train(file, "frail", "--resume"), 'started with version 1 of the reward "frail", which is of version 2 now');

    await rewardFile("frail", "return completion.length");
    const { code, events } = await train(file, "frail", "--resume");
    expect(code).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ type: "run", resumedFrom: { stage: "rl", step: 1 } }));
    expect(await metricsOf(runDirOf("frail"))).toHaveLength(2);
    const summary = JSON.parse(await readFile(join(runDirOf("frail"), "summary.json"), "utf8"));
    expect(summary.reward_versions).toEqual({ frail: 1, answer: 1 });
  });

  test("now and then: the others are trained", async () => {
    await rewardFile("moody", "if (completion.length % 2 === 1) throw new Error('odd'); return completion.length;");
    const stages = GRPO.replace("group_size: 4", "group_size: 8");
    const file = await recipe("moody", { rewards: "[{ file: moody.mjs, error_limit: 1 }]", stages });
    const { code, events } = await train(file, "moody");
    expect(code).toBe(0);
    const [row] = await metricsOf(runDirOf("moody"));
    const rollouts = (await rolloutsOf(runDirOf("moody")))["rl-step-000001.arrow"]! as { text: string; reward: number | null }[];
    const odd = rollouts.filter(({ text }) => text.length % 2 === 1);
    expect(odd.length).toBeGreaterThan(0);
    expect(odd.length).toBeLessThan(8);
    for (const { text, reward } of rollouts) expect(reward).toBe(text.length % 2 === 1 ? null : text.length);
    expect(row).toMatchObject({ "reward/moody/error": odd.length, "rollout/failed": odd.length, loss: expect.any(Number) });
    // a mean over the tokens that are trained
    expect(row!.ratio).toBeCloseTo(1, 5);
    expect(events.filter(({ type }) => type === "warning")).toEqual([]);
  });
});
