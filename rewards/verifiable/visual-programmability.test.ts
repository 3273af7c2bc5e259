import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { boxedFormat } from "./boxed-format.ts";
import { decision } from "./decision.ts";
import { tableFidelity } from "./table-fidelity.ts";

const TARGET = { Year: [2019, 2020, 2021, 2022], Sales: [100, 200, 300, 400] };

function fidelity(table: string, options: object = {}, target: unknown = TARGET): number {
  const completion = `<CODE>\n\`\`\`python\nimport pandas as pd\n${table}\n\`\`\``;
  const input = rewardInput({
    completion,
    target: tableFidelity.target.parse(target),
    options: tableFidelity.options!.parse(options) as never,
  });
  return tableFidelity.score(input) as number;
}

const frame = (sales: string, years = "[2019, 2020, 2021, 2022]") => `chart_data = pd.DataFrame({"year": ${years}, "sales": ${sales}})`;

test("the table's score by hand", () => {
  expect(fidelity(frame("[100, 200, 300, 400]"))).toBeCloseTo(1, 12);
  // one of eight cells off by 5 %: values (1 + 0.75) / 2 = 0.875: 0.2 + 0.1 + 0.6125
  expect(fidelity(frame("[105, 200, 300, 400]"))).toBeCloseTo(0.9125, 12);
  expect(fidelity(frame("[100.9, 200, 300, 400]"))).toBeCloseTo(1, 12); // 0.9 % counts as equal
  // a fifth row: the first four are compared, rows 0: 0.2 + 0 + 0.6125
  expect(fidelity(frame("[105, 200, 300, 400, 1]", "[2019, 2020, 2021, 2022, 2023]"))).toBeCloseTo(0.8125, 12);
  // one of two columns: 0.1 + 0.1 + 0.7
  expect(fidelity('chart_data = pd.DataFrame({"sales": [100, 200, 300, 400], "zzz": [1, 2, 3, 4]})')).toBeCloseTo(0.9, 12);
});

test.each<[string, string]>([
  [
    "a list of dicts",
    'chart_data = pd.DataFrame([{"Year": 2019, "Sales": 100}, {"Year": 2020, "Sales": 200}, {"Year": 2021, "Sales": 300}, {"Year": 2022, "Sales": 400}])',
  ],
  ["lists with columns", "chart_data = pd.DataFrame([[2019, 100], [2020, 200], (2021, 300), [2022, 4e2]], columns=['Year', 'Sales'])"],
  [
    "names bound before",
    "years = [2019, 2020, 2021, 2022]  # all\nsales = [100,\n  200, 300, 4_00,]\nchart_data = pd.DataFrame({'Year': years, 'Sales': sales})",
  ],
  ["a dict bound before", "data = {'Year': [2019, 2020, 2021, 2022], 'Sales': (100, 200, 300, 400)}\nchart_data = pd.DataFrame(data)"],
  [
    "arrays and data=",
    "chart_data = pd.DataFrame(data={'Year': np.array([2019, 2020, 2021, 2022]), 'Sales': [100, 200, 300, 400]}, index=[0, 1, 2, 3])",
  ],
])("%s can be read", (_, code) => {
  expect(fidelity(code)).toBeCloseTo(1, 12);
});

test.each<[string, string]>([
  ["an open bracket", 'chart_data = pd.DataFrame({"year": [2019'],
  ["a comprehension", 'chart_data = pd.DataFrame({"year": [x for x in range(4)]})'],
  ["a product", 'chart_data = pd.DataFrame({"year": [1] * 4})'],
  ["a name bound to a product", 'y = [1] * 4\nchart_data = pd.DataFrame({"year": y})'],
  ["a name nobody bound", 'chart_data = pd.DataFrame({"year": years})'],
  ["columns of two lengths", 'chart_data = pd.DataFrame({"year": [1], "sales": [1, 2]})'],
  ["a call", 'chart_data = pd.DataFrame({"year": open("/etc/passwd")})'],
  ["another name", 'data = pd.DataFrame({"year": [1]})'],
  ["a file", 'chart_data = pd.read_csv("x.csv")'],
  ["an open text", 'chart_data = pd.DataFrame({"year'],
  ["deep nesting", `chart_data = pd.DataFrame(${"[".repeat(500)}`],
  ["nothing", ""],
])("%s is no table", (_, code) => {
  expect(fidelity(code)).toBe(0);
});

test("missing cells equal missing cells only", () => {
  const target = { a: [1, null, "X"] };
  // all right: 0.2 + 0.1 + 0.7; None for 1: values 2/3
  expect(fidelity("chart_data = pd.DataFrame({'a': [1, None, ' x ']})", {}, target)).toBeCloseTo(1, 12);
  expect(fidelity("chart_data = pd.DataFrame({'a': [float('nan'), np.nan, 'x']})", {}, target)).toBeCloseTo(0.3 + 0.7 * (2 / 3), 12);
});

test("without the mode's token there is no score", () => {
  const input = rewardInput({ completion: frame("[100, 200, 300, 400]"), target: tableFidelity.target.parse(TARGET) });
  expect(tableFidelity.score({ ...input, options: tableFidelity.options!.parse({}) as never })).toBe(0);
  expect(tableFidelity.score({ ...input, options: tableFidelity.options!.parse({ mode: null }) as never })).toBeCloseTo(1, 12);
});

test.each([[{}], [{ a: [1], b: [1, 2] }], [{ a: 5 }], [[]], ["a,b"]])("the table %j is refused", (target) => {
  expect(tableFidelity.target.safeParse(target).success).toBe(false);
});

function decided(completion: string, label: string): number {
  const options = decision.options!.parse({}) as never;
  return decision.score(rewardInput({ completion, target: label, options, example: { answer: "7" } })) as number;
}

test("the decision: token and answer", () => {
  expect(decided("<CODE> … \\boxed{7}", "high")).toBe(1);
  expect(decided("<CODE> … \\boxed{8}", "high")).toBe(0.5);
  expect(decided("<DIRECT> … \\boxed{7}", "high")).toBe(0);
  expect(decided("<DIRECT> \\boxed{7.0}", "low")).toBe(1);
  expect(decided("so <CODE> \\boxed{7}", "high")).toBe(0);
  expect(decided("", "high")).toBe(0);
  expect(() => decided("<CODE>", "medium")).toThrow("none of high, low");
});

const boxed = (completion: string) => boxedFormat.score(rewardInput({ completion, target: null })) as number;

test("a box that is not blank", () => {
  expect([boxed("\\boxed{7}"), boxed("\\boxed{ }"), boxed("\\boxed{7"), boxed("7")]).toEqual([1, 0, 0, 0]);
});

test("the sum of the four: 0.8 accuracy + 0.3 decision + 0.15 table + 0.05 box", () => {
  const sum = (right: boolean, decision: number, table: number, box: number) =>
    0.8 * Number(right) + 0.3 * decision + 0.15 * table + 0.05 * box;
  const [right, wrong, direct] = ["<CODE> \\boxed{7}", "<CODE> \\boxed{8}", "<DIRECT> \\boxed{7}"];
  expect(sum(true, decided(right, "high"), 0.9, boxed(right))).toBeCloseTo(1.285, 12);
  expect(sum(false, decided(wrong, "high"), 0.9, boxed(wrong))).toBeCloseTo(0.335, 12);
  expect(sum(true, decided(direct, "high"), 0, boxed(direct))).toBeCloseTo(0.85, 12);
});
