import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { mathEqual } from "./equal.ts";

interface Pair {
  gold: string;
  answer: string;
  equal: boolean;
  why: string;
}

const pairs = readFileSync(new URL("../../tests/fixtures/math-pairs.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Pair);

/** Pairs that are not told right, by name; a pair that is put right must leave the list. */
const FALSELY_ACCEPTED: [string, string][] = [];
const FALSELY_REJECTED: [string, string][] = [
  ["\\sum_{k=1}^n k", "\\frac{n(n+1)}{2}"],
  ["\\text{isosceles}", "isosceles triangle"],
  ["\\text{quadrant II}", "II"],
  ["2^{2023}", "4^{2023/2}"],
  ["n \\equiv 3 \\pmod{7}", "n = 7k + 3"],
  ["18", "Janet makes $18 per day"],
  ["(-\\infty,0)", "negative real numbers"],
];

test("a thousand pairs written by hand: which are told wrong, and how many", () => {
  const wrong = pairs.filter(({ gold, answer, equal }) => mathEqual(gold, answer) !== equal);
  const named = (equal: boolean) => wrong.filter((pair) => pair.equal === equal).map(({ gold, answer }) => [gold, answer]);
  expect(pairs.length).toBeGreaterThan(1000);
  expect(pairs.filter(({ equal }) => equal).length).toBeGreaterThan(400);
  expect(pairs.filter(({ equal }) => !equal).length).toBeGreaterThan(400);
  expect(named(false)).toEqual(FALSELY_ACCEPTED);
  expect(named(true)).toEqual(FALSELY_REJECTED);
});

test("no pair takes a second", () => {
  for (const { gold, answer } of pairs) {
    const started = performance.now();
    mathEqual(gold, answer);
    expect(performance.now() - started, `${gold} ${answer}`).toBeLessThan(1000);
  }
});

const deep = (open: string, close: string) => `${open.repeat(200)}x${close.repeat(200)}`;

// Each makes some parser or evaluator take exponential time, memory without end, or its stack.
test.each([
  ["a tower of powers", "9^{9^{9^{9^9}}}"],
  ["a tower without braces", "9^9^9^9^9^9"],
  ["a power of a factorial", "10^{100000!}"],
  ["powers of powers", "((((9^{99})^{99})^{99})^{99})^{99}"],
  ["digits with points", "1.".repeat(450)],
  ["thousands", `1${",000".repeat(200)}`],
  ["a repeating decimal", `0.\\overline{${"3".repeat(900)}}`],
  ["products of units", `5 ${"m/s ".repeat(200)}`],
  ["units in text commands", `5 ${"\\text{m}\\cdot ".repeat(60)}`],
  ["numbers in words", "one hundred ".repeat(80)],
  ["hours and minutes", "1 h ".repeat(200)],
  ["options", "A, ".repeat(300)],
  ["dollars", "$1$".repeat(300)],
  ["nested boxes", `${"\\boxed{".repeat(120)}5${"}".repeat(120)}`],
  ["nested matrices", "\\begin{pmatrix}".repeat(60)],
  ["strokes of logarithms", "\\ln(x)^2/".repeat(90)],
  ["limits", `\\lim_{${"x=".repeat(400)}}`],
  ["directions", `5 m${" to the right".repeat(70)}`],
  ["times", "12:".repeat(300)],
  ["factorials of factorials", "9!!!!!!!!"],
  ["a large factorial", "999999999!"],
  ["a large binomial", "\\binom{999999999}{499999999}"],
  ["a large power of a fraction", "(\\frac{3}{7})^{99999999}"],
  ["a small number", "10^{-999999999}"],
  ["a long number", "7".repeat(900)],
  ["opened brackets", "(".repeat(900)],
  ["opened brackets of two kinds", "[(".repeat(400)],
  ["nested brackets", deep("(", ")")],
  ["nested square brackets", deep("[", "]")],
  ["nested fractions", `${"\\frac{1}{".repeat(90)}1${"}".repeat(90)}`],
  ["nested roots", "\\sqrt".repeat(180)],
  ["nested bars", deep("|", "|")],
  ["signs", "-".repeat(900)],
  ["plus and minus", "1\\pm ".repeat(150)],
  ["a long list", "1,".repeat(450)],
  ["a long set", `\\{${"1,".repeat(400)}1\\}`],
  ["spaces", `1${" ".repeat(900)}1`],
  ["units", "1 cm ".repeat(180)],
  ["a long text", "\\text{".repeat(150)],
  ["a huge answer", "1+".repeat(500_000)],
])("%s is refused or compared at once", (_, text) => {
  for (const gold of ["5", "x", "\\{1,2\\}", text.slice(0, 1000)]) {
    const started = performance.now();
    const equal = mathEqual(gold, text);
    expect(performance.now() - started).toBeLessThan(1000);
    if (gold !== text) expect(equal).toBe(false);
  }
});

test("an answer is equal to itself, and order does not matter", () => {
  for (const { gold, answer } of pairs) {
    expect(mathEqual(gold, gold), gold).toBe(true);
    if (answer.trim() !== "" && answer.trim() !== ".") expect(mathEqual(answer, answer), answer).toBe(true);
    if (!/%|percent|million/.test(gold + answer)) expect(mathEqual(answer, gold), `${answer} for ${gold}`).toBe(mathEqual(gold, answer));
  }
});

test("mutated answers never throw, and are told in bounded time", () => {
  const random = new Random(7);
  const alphabet = "0123456789xyei+-*/^_=<>,;:|!%(){}[]\\$°±∞ .";
  for (let trial = 0; trial < 4000; trial++) {
    const { gold, answer } = pairs[random.integer(0, pairs.length - 1)]!;
    let text = answer;
    for (let i = random.integer(1, 6); i > 0; i--) {
      const at = random.integer(0, text.length);
      const char = alphabet[random.integer(0, alphabet.length - 1)]!;
      text =
        text.slice(0, at) + (random.integer(0, 2) === 0 ? "" : char.repeat(random.integer(1, 3))) + text.slice(at + random.integer(0, 2));
    }
    const started = performance.now();
    expect(typeof mathEqual(gold, text)).toBe("boolean");
    expect(performance.now() - started, text).toBeLessThan(1000);
  }
});

test("a tolerance is one between numbers", () => {
  // |3.1416 - 3.14159| / 3.1416 = 3.2e-6
  expect(mathEqual("3.1416", "3.14159", { tolerance: 1e-6 })).toBe(false);
  expect(mathEqual("3.1416", "3.14159", { tolerance: 1e-5 })).toBe(true);
  expect(mathEqual("\\sqrt{2}", "1.41421", { tolerance: 1e-5 })).toBe(true);
  expect(mathEqual("x+1", "x+1.000001", { tolerance: 1e-2 })).toBe(false);
});
