import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { checkGolden, checkLora } from "./check.ts";
import { adapterFolders, goldenFolders, ownFixtures } from "./folders.ts";

describe.each(goldenFolders(ownFixtures).map((folder) => [basename(folder), folder]))("%s", (_, folder) => {
  test("agrees with PyTorch in every section", async () => {
    for (const { section, share, difference } of await checkGolden(folder)) {
      expect(share, `${section}: largest difference ${difference}`).toBeLessThanOrEqual(1);
    }
  });
});

describe.each(adapterFolders(ownFixtures).map((folder) => [basename(folder), folder]))("%s", (_, folder) => {
  test("agrees with PEFT in every section", async () => {
    for (const { section, share, difference } of await checkLora(folder)) {
      expect(share, `${section}: largest difference ${difference}`).toBeLessThanOrEqual(1);
    }
  });
});

test("every architecture is among them, and an adapter", () => {
  expect(goldenFolders(ownFixtures).length).toBeGreaterThanOrEqual(13);
  expect(adapterFolders(ownFixtures)).toHaveLength(1);
});
