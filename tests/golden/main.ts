import { relative } from "node:path";
import { checkGolden, checkLora } from "./check.ts";
import { adapterFolders, goldenFolders, lossFolders, ownFixtures } from "./folders.ts";
import { checkLosses } from "./losses.ts";

/** Checks every golden file of tests/fixtures and of each folder in VLRL_FIXTURES, and prints the largest difference per section. */
const roots = [ownFixtures, ...(process.env.VLRL_FIXTURES ?? "").split(":").filter((root) => root !== "")];
const folders = [
  ...roots.flatMap(goldenFolders).map((folder) => ({ folder, check: checkGolden })),
  ...roots.flatMap(adapterFolders).map((folder) => ({ folder, check: checkLora })),
  ...roots.flatMap(lossFolders).map((folder) => ({ folder, check: checkLosses })),
];
let failed = 0;
for (const { folder, check } of folders) {
  console.log(relative(process.cwd(), folder));
  for (const { section, difference, share, compared } of await check(folder)) {
    const verdict = share <= 1 ? "ok" : "TOO FAR";
    if (share > 1) failed++;
    console.log(
      `  ${section.padEnd(58)} ${difference.toExponential(1)}  ${(100 * share).toFixed(0).padStart(4)} % of its tolerance  ${compared} values  ${verdict}`,
    );
  }
}
console.log(`${folders.length} golden files, ${failed} sections too far`);
process.exitCode = failed > 0 || folders.length === 0 ? 1 : 0;
