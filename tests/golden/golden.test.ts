import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { checkGolden } from "./check.ts";
import { goldenFolders, ownFixtures } from "./folders.ts";

describe.each(goldenFolders(ownFixtures).map((folder) => [basename(folder), folder]))("%s", (_, folder) => {
  test("agrees with PyTorch in every section", async () => {
    for (const { section, share, difference } of await checkGolden(folder)) {
      expect(share, `${section}: largest difference ${difference}`).toBeLessThanOrEqual(1);
    }
  });
});
