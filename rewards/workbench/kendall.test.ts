import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { kendallTau } from "./kendall.ts";

test.each<[number[], number[], number | null]>([
  // all six pairs alike, all six turned round
  [[1, 2, 3, 4], [10, 20, 30, 40], 1],
  [[1, 2, 3, 4], [4, 3, 2, 1], -1],
  // pairs of y in x's order: (1,3)+ (1,2)+ (1,4)+ (3,2)- (3,4)+ (2,4)+: (5 - 1) / 6
  [[1, 2, 3, 4], [1, 3, 2, 4], 4 / 6],
  // pair (2,3) is tied in x, (1,2) in y; (1,3) (1,4) (2,4) (3,4) agree: C = 4, D = 0, n0 = 6, n1 = 1, n2 = 1: 4 / sqrt(5 * 5)
  [[1, 2, 2, 3], [1, 1, 2, 3], 4 / 5],
  // a pair tied in both: x = [1,1,2], y = [5,5,4]. C = 0, D = 2, n1 = n2 = 1: -2 / sqrt(2 * 2)
  [[1, 1, 2], [5, 5, 4], -1],
  // (1,2) and (3,4) are tied in x, (2,3) in y; (1,3) (1,4) (2,4) agree:
  // C = 3, D = 0, n0 = 6, n1 = 2, n2 = 1: 3 / sqrt(4 * 5)
  [[0, 0, 1, 1], [0, 1, 1, 2], 3 / Math.sqrt(20)],
  [[1, 1, 1], [1, 2, 3], null],
  [[1], [1], null],
  [[], [], null],
])("%j and %j: %f", (x, y, expected) => {
  const tau = kendallTau(x, y);
  if (expected === null) expect(tau).toBeNull();
  else expect(tau).toBeCloseTo(expected, 12);
});

test("the fast count is the definition's, with many ties, and order does not matter", () => {
  for (let round = 0; round < 30; round++) {
    const random = Random.of(round, "tau");
    const x = Array.from({ length: 40 }, () => random.integer(0, 6));
    const y = Array.from({ length: 40 }, () => random.integer(0, 6) + x[random.integer(0, 39)]! / 3);
    let [sum, untiedX, untiedY] = [0, 0, 0];
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < i; j++) {
        sum += Math.sign(x[i]! - x[j]!) * Math.sign(y[i]! - y[j]!);
        untiedX += x[i] === x[j] ? 0 : 1;
        untiedY += y[i] === y[j] ? 0 : 1;
      }
    }
    expect(kendallTau(x, y)).toBeCloseTo(sum / Math.sqrt(untiedX * untiedY), 12);
    expect(kendallTau(y, x)).toBeCloseTo(sum / Math.sqrt(untiedX * untiedY), 12);
  }
});

test("a hundred thousand in a moment, and no overflow", () => {
  const x = Array.from({ length: 100_000 }, (_, i) => i);
  expect(kendallTau(x, x)).toBeCloseTo(1, 12);
});
