import { describe, expect, test } from "vitest";
import type { Example, Picture } from "../core/types.ts";
import { DigitSumOptions, digitSum, digitTrace, type LabelledDigit } from "./digit-sum.ts";
import { apart } from "./place.ts";

type Overrides = Partial<DigitSumOptions>;
const open = (options: Overrides = {}, seed = 0) => digitSum.open(DigitSumOptions.parse(options), { folder: ".", seed });
const picture = (example: Example) => example.fields.image as Picture;
const digits = (example: Example) => example.fields.digits as LabelledDigit[];

async function take(count: number, options: Overrides = {}, seed = 0): Promise<Example[]> {
  const dataset = await open(options, seed);
  return Promise.all(Array.from({ length: count }, (_, i) => dataset.at(i)));
}

test("the same seed gives the same bytes in any order of asking; another seed gives other pictures", async () => {
  const dataset = await open();
  const later = await dataset.at(123456);
  const first = await dataset.at(0);
  const again = await open();
  expect(await again.at(0)).toEqual(first);
  expect(await again.at(123456)).toEqual(later);
  expect(picture(await (await open({}, 1)).at(0)).data).not.toEqual(picture(first).data);
  expect(picture(await dataset.at(1)).data).not.toEqual(picture(first).data);
});

test("the train split follows the run's seed, the test split one of its own, and both an option", async () => {
  const image = async (options: Overrides, seed: number) => picture((await take(1, options, seed))[0]!).data;
  expect(await image({ split: "test" }, 0)).toEqual(await image({ split: "test" }, 1));
  expect(await image({ split: "test", seed: 5 }, 0)).not.toEqual(await image({ split: "test" }, 0));
  expect(await image({ seed: 5 }, 0)).toEqual(await image({}, 5));
  expect(await image({ seed: 5 }, 0)).toEqual(await image({ seed: 5 }, 1));
});

test("the splits draw other scans even from the same seed", async () => {
  const train = await take(100, { seed: 7 });
  const held = await take(100, { seed: 7, split: "test" });
  const seen = new Set(train.map((example) => Buffer.from(picture(example).data).toString("latin1")));
  expect(held.filter((example) => seen.has(Buffer.from(picture(example).data).toString("latin1")))).toEqual([]);
});

test("ids name the split and the index, and do not depend on the seed", async () => {
  expect((await (await open({}, 3)).at(42)).id).toBe("digit_sum/train/000042");
  expect((await (await open({ split: "test" }, 4)).at(1234567)).id).toBe("digit_sum/test/1234567");
});

test("the stream ends nowhere without rows, and repeats after them", async () => {
  expect((await open()).size).toBe(Infinity);
  const five = await open({ rows: 5 });
  expect(five.size).toBe(5);
  expect(await five.at(7)).toEqual(await five.at(2));
  expect(await five.at(2)).toEqual(await (await open()).at(2));
  await expect(five.at(-1)).rejects.toThrow(RangeError);
  await expect(five.at(0.5)).rejects.toThrow(RangeError);
});

/** x1, y1, x2, y2 around every pixel with ink inside an area. */
function inkBox({ width, data }: Picture, [left, top, right, bottom]: readonly number[]): number[] {
  const [xs, ys]: [number[], number[]] = [[], []];
  for (let y = top!; y < bottom!; y++) {
    for (let x = left!; x < right!; x++) {
      if (data[3 * (y * width + x)]! > 0) {
        xs.push(x);
        ys.push(y);
      }
    }
  }
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
}

describe.each<[string, Overrides]>([
  ["defaults", {}],
  ["crowded", { canvas: 33, min_size: 10, max_size: 33, min_digits: 3, max_digits: 4 }],
  ["grown scans", { canvas: 96, min_size: 24, max_size: 40 }],
])("500 examples, %s", (_, overrides) => {
  const options = DigitSumOptions.parse(overrides);
  const examples = take(500, overrides);

  test("are square RGB with three equal channels", async () => {
    for (const { width, height, data } of (await examples).map(picture)) {
      expect([width, height, data.length]).toEqual([options.canvas, options.canvas, options.canvas ** 2 * 3]);
      expect(data.every((value, i) => value === data[i - (i % 3)])).toBe(true);
    }
  });

  test("have boxes inside the canvas, in reading order, apart, and tight around all the ink there is", async () => {
    for (const example of await examples) {
      const boxes = digits(example).map(({ box }) => box);
      expect(boxes.length).toBeGreaterThanOrEqual(options.min_digits);
      expect(boxes.length).toBeLessThanOrEqual(options.max_digits);
      expect([...boxes].sort((a, b) => a[0] - b[0] || a[1] - b[1])).toEqual(boxes);
      boxes.forEach((box, k) => {
        expect(Math.max(box[2] - box[0], box[3] - box[1])).toBeLessThanOrEqual(options.max_size);
        expect(inkBox(picture(example), box)).toEqual(box);
        for (const other of boxes.slice(k + 1)) expect(apart(box, other)).toBe(true);
      });
      const { data, width } = picture(example);
      const inside = (x: number, y: number) => boxes.some(([x1, y1, x2, y2]) => x >= x1 && x < x2 && y >= y1 && y < y2);
      expect(data.every((value, i) => value === 0 || inside(Math.floor(i / 3) % width, Math.floor(i / 3 / width)))).toBe(true);
    }
  });

  test("have a trace that reads every digit, adds up and ends in the answer", async () => {
    for (const { fields } of await examples) {
      const trace = fields.trace as string;
      const [, body, answer] = /^<think>(.*)<\/think><answer>(\d+)<\/answer>$/.exec(trace)!;
      const read = [...body!.matchAll(/(\d)<box>(\d+),(\d+),(\d+),(\d+)<\/box>/g)].map(([, digit, ...box]) => ({
        digit: Number(digit),
        box: box.map(Number),
      }));
      expect(read).toEqual(fields.digits);
      const sum = read.reduce((total, { digit }) => total + digit, 0);
      expect(answer).toBe(`${sum}`);
      expect(fields.answer).toBe(answer);
      const sums = body!.slice(body!.lastIndexOf(">") + 1).split(";");
      expect(sums.length).toBe(read.length - 1);
      sums.forEach((line, k) => {
        const [, left, right, total] = /^(\d+)\+(\d)=(\d+)$/.exec(line)!.map(Number);
        expect(left).toBe(read.slice(0, k + 1).reduce((part, { digit }) => part + digit, 0));
        expect(right).toBe(read[k + 1]!.digit);
        expect(total).toBe(left! + right!);
      });
    }
  });
});

test("traces are written out exactly", () => {
  const three: LabelledDigit = { digit: 3, box: [4, 10, 16, 22] };
  const seven: LabelledDigit = { digit: 7, box: [18, 2, 30, 14] };
  const five: LabelledDigit = { digit: 5, box: [20, 17, 31, 30] };
  expect(digitTrace([three, seven])).toBe("<think>3<box>4,10,16,22</box>7<box>18,2,30,14</box>3+7=10</think><answer>10</answer>");
  expect(digitTrace([three, seven, five])).toBe(
    "<think>3<box>4,10,16,22</box>7<box>18,2,30,14</box>5<box>20,17,31,30</box>3+7=10;10+5=15</think><answer>15</answer>",
  );
});

test("noise lies on the background, no brighter than asked, and takes no ink away", async () => {
  const [plain] = await take(1);
  const [noisy] = await take(1, { noise: 0.2 });
  expect(noisy!.fields.digits).toEqual(plain!.fields.digits);
  const ink = picture(plain!).data;
  const lit = picture(noisy!).data;
  expect(lit.every((value, i) => value >= ink[i]! && value <= Math.max(ink[i]!, 51))).toBe(true); // 0.2 * 255
  expect(lit.filter((value) => value > 0).length).toBeGreaterThan(lit.length * 0.9);
});

test.each<[Record<string, unknown>, string]>([
  [{ min_size: 14, max_size: 12 }, "max_size"],
  [{ min_digits: 3, max_digits: 2 }, "max_digits"],
  [{ max_size: 40 }, "max_size"],
  [{ max_digits: 5 }, "canvas"], // three columns of 10 pixels, but digits of 12
  [{ noise: 2 }, "noise"],
  [{ rows: 0 }, "rows"],
])("refuses %j and names %s", (options, field) => {
  const { error } = DigitSumOptions.safeParse(options);
  expect(error?.issues.map((issue) => issue.path.join("."))).toEqual([field]);
});
