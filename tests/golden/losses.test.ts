import { expect, test } from "vitest";
import { lossFolders, ownFixtures } from "./folders.ts";
import { checkLosses } from "./losses.ts";

test("losses, gradients, advantages, divergences and metrics agree with TRL and verl in every case", async () => {
  const [folder] = lossFolders(ownFixtures);
  const sections = await checkLosses(folder!);
  expect(sections.filter(({ share }) => !(share <= 1))).toEqual([]);
  // 16 advantages, 42 losses and 9 divergences on two executors, metrics and the value loss
  expect(sections).toHaveLength(16 + 2 * (42 + 9) + 2);
});
