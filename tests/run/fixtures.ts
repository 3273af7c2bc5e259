import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../sources.ts";

/** Small models of every family, made and saved by Python. */
export const MODELS = ["llama", "qwen2", "qwen3", "smolvlm", "qwen2_5_vl", "qwen3_vl"] as const;

export const fixture = (name: string, ...parts: string[]) => join(ROOT, "tests", "fixtures", name, ...parts);

/** The pictures beside a model, which have different sizes; none beside a text model. */
export function picturesOf(model: string): string[] {
  return [0, 1, 2].map((i) => fixture(model, `image_${i}.png`)).filter((file) => existsSync(file));
}

const SUMS = [
  [1, 2],
  [3, 4],
  [5, 1],
  [2, 2],
] as const;

/** Writes `<name>.jsonl`: four sums, each with one of the pictures where there are some. Four is a batch: every SFT step sees the same rows. */
export async function writeRows(folder: string, name: string, pictures: readonly string[] = []): Promise<void> {
  const rows = SUMS.map(([a, b], i) => ({
    id: `sum-${i}`,
    question: `What is ${a} + ${b}?`,
    answer: String(a + b),
    trace: `<answer>${a + b}</answer>`,
    rejected: `${a + b + 1}`,
    ...(pictures.length === 0 ? {} : { image: pictures[i % pictures.length] }),
  }));
  await writeFile(join(folder, `${name}.jsonl`), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
}

export interface RecipeParts {
  /** name of the file without its ending, and of the run */
  name: string;
  /** in YAML, as the stages are */
  model: string;
  /** name of a file that `writeRows` wrote */
  rows: string;
  stages: string[];
  more?: string;
}

/** Writes a recipe and returns its path. Evaluations are greedy; a part of the reward is chance: different completions have different rewards. */
export async function writeRecipe(folder: string, { name, model, rows, stages, more = "" }: RecipeParts): Promise<string> {
  const data = `{ name: jsonl, path: ${rows}.jsonl, shuffle: false }`;
  const file = join(folder, `${name}.yaml`);
  await writeFile(
    file,
    `model: ${model}
data: { train: ${data}, eval: ${data} }
rewards: [{ name: answer }, { name: random }]
stages: [${stages.join(", ")}]
evaluation: { sampling: { temperature: 0, max_new_tokens: 16 } }
checkpoints: { keep_last: 100 }
${more}
`,
  );
  return file;
}

/** An SFT stage over all rows at every step. */
export const sft = (steps: number, more = "") =>
  `{ name: warm, kind: sft, steps: ${steps}, batch_size: 4, optimizer: { lr: 3.0e-3 }${more === "" ? "" : `, ${more}`} }`;

/** A DPO stage over all rows at every step. */
export const dpo = (steps: number, more = "") =>
  `{ name: dpo, kind: dpo, steps: ${steps}, batch_size: 4, chosen_field: trace, optimizer: { lr: 1.0e-3 }${more === "" ? "" : `, ${more}`} }`;

/** A PPO stage: a completion of each row a step, two updates. */
export const ppo = (steps: number, more = "") =>
  `{ name: ppo, kind: ppo, steps: ${steps}, batch_size: 4, epochs: 2, sampling: { temperature: 2, max_new_tokens: 5 }, optimizer: { lr: 1.0e-3 }${more === "" ? "" : `, ${more}`} }`;

/** A GRPO stage: two groups of three completions a step, hot enough that those of a group differ and, with them, their rewards. */
export const grpo = (steps: number, more = "") =>
  `{ name: rl, kind: grpo, steps: ${steps}, groups_per_step: 2, group_size: 3, sampling: { temperature: 2, max_new_tokens: 5 }, optimizer: { lr: 1.0e-3 }${more === "" ? "" : `, ${more}`} }`;
