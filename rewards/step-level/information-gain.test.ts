import { expect, test } from "vitest";
import { InformationGainOptions, informationGain } from "./information-gain.ts";

const gain = (probabilities: number[][], options: object = {}) =>
  informationGain(
    probabilities.map((row) => row.map(Math.log)),
    InformationGainOptions.parse(options),
  );
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 12));

test("two steps towards an answer of one token, and one away from it", () => {
  expect(gain([[0.1], [0.4], [0.9], [0.5]])).toEqual(close([0.3, 0.5, -0.4]));
  expect(gain([[0.1], [0.4]], { measure: "logprob" })).toEqual(close([Math.log(4)]));
});

test("tokens count by their geometric mean: sqrt(0.2 * 0.8) = 0.4, sqrt(0.9 * 0.4) = 0.6", () => {
  expect(
    gain([
      [0.2, 0.8],
      [0.9, 0.4],
    ]),
  ).toEqual(close([0.2]));
});

test("steps add up to the whole", () => {
  const steps = gain([[0.1], [0.7], [0.3], [0.8]]);
  expect(steps.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0.7, 12);
});

test("clipped, impossible and empty", () => {
  expect(gain([[0.1], [0.9], [0.1]], { clip: 0.5 })).toEqual([0.5, -0.5]);
  expect(gain([[0], [1]], { measure: "logprob" })).toEqual([100]); // -100 nats stand for never
  expect(gain([[0], [0]], { measure: "logprob" })).toEqual([0]);
  expect(gain([[], []])).toEqual([0]);
  expect(gain([[0.5]])).toEqual([]);
  expect(gain([])).toEqual([]);
});

test.each([{ clip: 0 }, { measure: "bits" }])("%j is refused", (options) => {
  expect(InformationGainOptions.safeParse(options).success).toBe(false);
});
