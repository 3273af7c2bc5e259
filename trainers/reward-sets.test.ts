import { expect, test } from "vitest";
import { RewardSpec } from "../rewards/options.ts";
import { GrpoStage, SftStage } from "./options.ts";
import { openRewards } from "./reward-sets.ts";

const rewards = (...specs: object[]) => specs.map((spec) => RewardSpec.parse(spec));
const grpo = (name: string, own: object[] | null) =>
  GrpoStage.parse({ name, kind: "grpo", steps: 1, rewards: own === null ? null : rewards(...own) });
const plan = (recipe: object[], ...stages: GrpoStage[]) => ({
  folder: "/nowhere",
  seed: 0,
  judges: {},
  rewards: rewards(...recipe),
  stages: [SftStage.parse({ name: "warm", kind: "sft", steps: 1 }), ...stages],
});

test("each stage scores by its own rewards, or the recipe's", async () => {
  const sets = await openRewards(plan([{ name: "answer" }], grpo("see", [{ name: "format", as: "form", weight: 3 }]), grpo("think", null)));
  const request = {
    example: { id: "a", fields: { answer: "3" } },
    completion: "<think>x</think><answer>4</answer>",
    tokens: 9,
    finish: "stop" as const,
  };
  const reward = async (stage: string) => (await sets.of(stage).scorer.score(request)).reward;
  expect([await reward("warm"), await reward("see"), await reward("think")]).toEqual([0, 3, 0]);
  expect([...sets.of("see").rewardWeights]).toEqual([["form", 3]]);
  expect(sets.of("think")).toBe(sets.recipe);
  expect(sets.versions).toEqual({ answer: 1, "see/form": 1 });
  await sets.close();
});

test("what is wrong with any of them is said at once, by stage and place", async () => {
  const opened = openRewards(
    plan([{ name: "answer" }, { file: "a.ts" }], grpo("see", [{ file: "b.ts" }]), grpo("look", [{ name: "answer", times: "c" }])),
  );
  await expect(opened).rejects.toThrow(
    [
      "/nowhere: rewards[1].file: there is no file /nowhere/a.ts",
      "  Paths are relative to the recipe's folder.",
      "/nowhere: stages.see.rewards[0].file: there is no file /nowhere/b.ts",
      "  Paths are relative to the recipe's folder.",
      '/nowhere: stages.look.rewards[0].times: no part is called "c"',
    ].join("\n"),
  );
});

test("a reward that fails too often is named by its stage", async () => {
  const sets = await openRewards(plan([{ name: "answer" }], grpo("see", [{ name: "format" }])));
  const { scorer } = sets.of("see");
  const failed = { name: "format", outcome: { kind: "error" as const, message: "no" }, latencyMs: 1 };
  scorer.record?.({ exampleId: "a", text: "x", parts: [failed] } as never);
  expect(scorer.takeFailing?.()).toMatchObject([{ field: "stages.see.rewards[0]" }]);
  expect(sets.recipe.scorer.takeFailing?.()).toEqual([]);
  await sets.close();
});
