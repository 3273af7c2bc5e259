/** Visual Programmability (arXiv:2509.09286): whether to read a chart into code, whether that was wise, and the table. */
import { expect, test } from "vitest";
import { composed } from "../composed.ts";

const rewards = composed(`
- { name: math, as: accuracy, weight: 0.8, options: { extract: boxed } }
- { name: decision, weight: 0.3 }
- { name: table_fidelity, weight: 0.15 }
- { name: boxed_format, weight: 0.05 }`);

const row = { answer: "7", programmability: "high", table: { Year: [2019, 2020, 2021, 2022], Sales: [100, 200, 300, 400] } };
const frame = (sales: string, year = "'year': [2019, 2020, 2021, 2022]") => `chart_data = pd.DataFrame({${year}, 'sales': ${sales}})`;
const reply = (code: string, answer: string) => `<CODE>\n\`\`\`python\n${code}\n\`\`\`\nso \\boxed{${answer}}`;
// one of two columns is there, its values right and as many rows: 0.2 * 1/2 + 0.1 + 0.7
const HALF = frame("[100, 200, 300, 400]", "'zzz': [1, 2, 3, 4]");
const RIGHT = frame("[100, 200, 300, 400]");

test.each([
  ["point 1: code is right, the answer too, the table 0.9", reply(HALF, "7"), 0.8 + 0.3 + 0.135 + 0.05], // 1.285
  ["point 2: a wrong answer", reply(HALF, "8"), 0.15 + 0.135 + 0.05], // 0.335
  ["point 3: an answer without code", "<DIRECT> so \\boxed{7}", 0.8 + 0.05],
  ["point 6: code that can't be read", reply("chart_data = pd.DataFrame({'year': [2019", "7"), 0.8 + 0.3 + 0.05],
])("%s", async (_, completion, expected) => {
  expect((await rewards(completion, row)).reward).toBeCloseTo(expected, 12);
});

test("where direct is right, code costs its part, and its table is still paid", async () => {
  const low = { ...row, programmability: "low" };
  expect((await rewards("<DIRECT> so \\boxed{7}", low)).reward).toBeCloseTo(0.8 + 0.3 + 0.05, 12);
  expect((await rewards(reply(RIGHT, "7"), low)).reward).toBeCloseTo(0.8 + 0.15 + 0.05, 12);
});

test.each([
  ["point 4: one of 8 cells off by 5 %", frame("[105, 200, 300, 400]"), 0.2 + 0.1 + 0.7 * 0.875], // (1 + 0.75) / 2: 0.9125
  ["point 4: off by 0.9 %", frame("[100.9, 200, 300, 400]"), 1],
  ["point 4: a fifth row", frame("[105, 200, 300, 400, 1]", "'year': [2019, 2020, 2021, 2022, 2023]"), 0.2 + 0.7 * 0.875], // 0.8125
  ["point 5: one of two columns", HALF, 0.9],
])("%s", async (_, code, table) => {
  const { reward, parts } = await rewards(reply(code, "7"), row);
  expect(parts.table_fidelity).toBeCloseTo(table, 12);
  expect(reward).toBeCloseTo(1.15 + 0.15 * table, 12);
});
