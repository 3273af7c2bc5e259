import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program, TINY } from "./program.ts";
import { metricsOf } from "./result.ts";

let program: Program;
let folder: string;

const say = (role: string, content: string) => ({ role, content });
const ROWS = [
  [say("user", "1 + 2"), say("assistant", "3"), say("user", "and 4"), say("assistant", "<answer>7</answer>")],
  [say("system", "sum"), say("user", "2 + 2"), say("assistant", "<answer>4</answer>")],
  [say("user", "What is the sum of 5 + 1?"), say("assistant", "<answer>6</answer>")],
  [say("user", "9"), say("assistant", "9"), say("user", "8"), say("assistant", "17"), say("user", "7"), say("assistant", "24")],
];
const RECIPE = `model: { preset: tiny, slots: 8, threads: 1 }
data: { train: { name: jsonl, path: rows.jsonl, shuffle: false }, eval: null }
environment: { name: chat }
rewards: [{ name: random }]
stages:
  - name: warm
    kind: sft
    steps: 6
    batch_size: 4
    messages_field: messages
    train_on: assistant
    optimizer: { lr: 3.0e-3 }
`;

beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-sft-"));
  await writeFile(join(folder, "rows.jsonl"), ROWS.map((messages) => `${JSON.stringify({ messages })}\n`).join(""));
  await writeFile(join(folder, "chat.yaml"), RECIPE);
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

async function losses(name: string, ...set: string[]): Promise<number[]> {
  const more = set.flatMap((assignment) => ["--set", assignment]);
  const args = ["train", join(folder, "chat.yaml"), "--run-dir", join(folder, name), "--json", ...more];
  const { code, err } = await program.run(args);
  expect(err).toBe("");
  expect(code).toBe(0);
  return (await metricsOf(join(folder, name))).map(({ loss }) => loss as number);
}

test("conversations are learned, packed or not, whatever the micro-batch", async () => {
  const plain = await losses("plain");
  expect(plain).toHaveLength(6);
  expect(plain[5]!).toBeLessThan(0.7 * plain[0]!);
  // six updates on, rounding of 1e-7 has grown
  const near = plain.map((loss) => expect.closeTo(loss, 3));
  expect(await losses("packed", "stages.warm.packing=96")).toEqual(near);
  expect(await losses("micro", "stages.warm.packing=96", "stages.warm.micro_batch_size=3")).toEqual(near);
});

test("what is learned, how it is added up and the loss are the recipe's", async () => {
  const first = async (name: string, ...set: string[]) => (await losses(name, "stages.warm.steps=1", ...set))[0]!;
  const token = await first("token");
  expect(await first("sequence", "stages.warm.aggregation=sequence")).not.toBeCloseTo(token, 4);
  expect(await first("completion", "stages.warm.train_on=completion")).not.toBeCloseTo(token, 4);
  expect(await first("all", "stages.warm.train_on=all")).not.toBeCloseTo(token, 4);
  // probabilities of an untrained model are about 1 / vocabulary
  expect(await first("dft", "stages.warm.loss=dft")).toBeLessThan(0.1 * token);
});

test("a row that is longer than a packed one is refused by its id, and a picture too", async () => {
  const { code, err } = await program.run([
    ...["train", join(folder, "chat.yaml"), "--run-dir", join(folder, "long"), "--json"],
    ...["--set", "stages.warm.packing=12"],
  ]);
  expect(code).toBe(2);
  expect(err).toContain("tokens are more than the 12 of a packed row\n  Raise packing, or drop the row.");
  const planned = await program.run(["train", join(folder, "chat.yaml"), "--dry-run", "--set", "stages.warm.packing=12"]);
  expect(planned.code).toBe(2);
  expect(planned.err).toContain("are more than the 12 of a packed row");
  const tiny = await program.run([
    ...["train", TINY, "--run-dir", join(folder, "pictures"), "--json"],
    ...["--set", "stages.warm.packing=100"],
  ]);
  expect(tiny.code).toBe(2);
  expect(tiny.err).toContain("has a picture, and only rows of text can be packed");
});
