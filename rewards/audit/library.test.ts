import { expect, test } from "vitest";
import { CASES } from "../../tests/reward-cases.ts";
import { createScorer } from "../compose.ts";
import { rewards } from "../index.ts";
import { RewardSpec } from "../options.ts";
import { audit, DEFAULT_LIMIT } from "./audit.ts";

/** Each reward of form and of steps by itself: what is played must be scored, whatever it is. */
test.each(CASES.filter(([name]) => rewards.has(name)))("no policy breaks %s with %j", async (name, options, target) => {
  const reward = rewards.get(name);
  const spec = RewardSpec.parse({ name, ...(reward.options === undefined ? {} : { options }) });
  const scorer = await createScorer([spec], { folder: ".", seed: 0 });
  const rows = [0, 1, 2].map((i) => ({ id: `row-${i}`, fields: { question: `What is ${i}?`, [reward.field]: target } }));
  const { findings, rows: judged } = await audit(scorer, [spec], rows, { limit: DEFAULT_LIMIT, responses: [] });
  await scorer.close();
  expect(findings.filter(({ kind }) => kind === "failed")).toEqual([]);
  expect(judged).toBe(3);
});
