import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["node_modules/**", "dist/**"],
    testTimeout: 60_000,
    // The arithmetic uses every core by itself: more test files at once only make each slower.
    maxWorkers: 2,
  },
});
