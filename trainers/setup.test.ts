import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveEnvironment } from "../environments/index.ts";
import { RewardSpec } from "../rewards/options.ts";
import { GrpoStage, SftStage } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import { openRewards } from "./reward-sets.ts";
import { openData } from "./setup.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-setup-"));
  // 8 rows to learn from, 8 with attributes, 8 with answers: as the stages below take them
  const rows = Array.from({ length: 24 }, (_, i) => ({
    id: `row-${i}`,
    question: "?",
    ...(i < 8 ? { trace: "x" } : i < 16 ? { attributes: ["red"] } : { answer: "3" }),
  }));
  await writeFile(join(folder, "rows.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const spec = (name: string) => RewardSpec.parse({ name });

async function opened(stages: RunPlan["stages"], held: string | null = null): Promise<unknown> {
  const jsonl = { name: "jsonl", path: "rows.jsonl", shuffle: false, rows: null, image_field: "image" };
  const plan = {
    folder,
    seed: 0,
    judges: {},
    rewards: [spec("answer")],
    stages,
    data: { train: jsonl, eval: held === null ? null : jsonl },
  } as unknown as RunPlan;
  const rewards = await openRewards(plan);
  try {
    return await openData(plan, resolveEnvironment({ name: "visual_question" }), rewards);
  } finally {
    await rewards.close();
  }
}

const warm = SftStage.parse({ name: "warm", kind: "sft", steps: 1, batch_size: 8 });
const rl = (name: string, own: string | null) =>
  GrpoStage.parse({ name, kind: "grpo", steps: 2, groups_per_step: 4, rewards: own === null ? null : [spec(own)] });

test("each stage's rows have what its own rewards need, and need no more", async () => {
  await opened([warm, rl("see", "description_similarity"), rl("think", null)]);
  await opened([warm, rl("see", "description_similarity"), rl("think", "answer")]);
});

test("a row that lacks it is named with the stage", async () => {
  // the second stage takes rows 8 to 15, the third 16 to 23
  await expect(opened([warm, rl("see", "answer"), rl("think", "description_similarity")])).rejects.toThrow(
    /^row-8: data\.train: stage "see": reward "answer" needs answer, which the row lacks; [\s\S]*\nrow-16: data\.train: stage "think": reward "description_similarity" needs attributes/,
  );
  await expect(opened([warm, rl("think", null), rl("see", "description_similarity")])).rejects.toThrow(
    /^row-8: data\.train: reward "answer" needs answer[\s\S]*\nrow-16: data\.train: stage "see": reward "description_similarity"/,
  );
});

test("held-out rows are judged by the recipe's rewards", async () => {
  await expect(opened([warm, rl("see", "description_similarity"), rl("think", null)], "rows.jsonl")).rejects.toThrow(
    /^row-0: data\.eval: reward "answer" needs answer/,
  );
});
