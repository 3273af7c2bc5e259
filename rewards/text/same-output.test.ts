import { expect, test } from "vitest";
import { sameOutput } from "./same-output.ts";

test.each<[string, string, boolean]>([
  ["1\n2\n", "1\n2", true],
  ["1\n2\n", "1  \n2\t\n\n\n", true], // blanks at the ends of lines, and lines at the end
  ["1\n2", "1\n\n2", false],
  ["1 2", "1  2", true], // words of one line
  ["1 2", "1\n2", false],
  [" 1", "1", true],
  ["0.3", "0.30000000000000004", true],
  ["0.3", "0.31", false],
  ["1e3", "1000", true],
  ["3", "3.0", true],
  ["1000000007", "1000000008", false], // whole numbers digit by digit, though 1e-9 apart
  ["12345678901234567890", "12345678901234567891", false],
  ["x 0.5", "y 0.5", false],
  ["nan", "nan", true],
  ["1.0", "nan", false],
  ["1.0", "1.0x", false],
  ["", "", true],
  ["", "0", false],
])("%j and %j: %s", (wanted, given, same) => {
  expect(sameOutput(wanted, given, 1e-9)).toBe(same);
});

test("a megabyte of digits is compared in linear time", () => {
  const started = performance.now();
  expect(sameOutput("1.5", "1".repeat(1_000_000), 1e-9)).toBe(false);
  expect(sameOutput("1.5", ` ${" ".repeat(1_000_000)}x`, 1e-9)).toBe(false);
  expect(sameOutput("1.5", "1.5 ".repeat(250_000), 1e-9)).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
