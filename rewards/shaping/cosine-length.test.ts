import { expect, test } from "vitest";
import golden from "../../tests/fixtures/rewards/lengths.json" with { type: "json" };
import { rewardInput } from "../define.ts";
import { cosineLength } from "./cosine-length.ts";

const at = (tokens: number, right: boolean, options: object) =>
  cosineLength.score(
    rewardInput({
      completion: `<answer>${right ? "4" : "5"}</answer>`,
      tokens,
      target: "4",
      options: cosineLength.options!.parse({ max_tokens: 100, ...options }),
    }),
  );

test.each([
  ["cosine scaled, correct", true],
  ["cosine scaled, wrong", false],
])("%s: golden numbers", (name, right) => {
  const { lengths, values } = golden.length_rewards.find((one) => one.name === name)!;
  for (const [i, length] of lengths!.entries()) expect(at(length, right, {})).toBeCloseTo(values[i]!, 12);
});

test("ms-swift: wrong from -0.5 to 0, and past the end the cosine turns round", () => {
  const form = { form: "ms_swift" };
  expect([0, 50, 100].map((n) => at(n, true, form))).toEqual([1, expect.closeTo(0.75, 12), 0.5]);
  expect([0, 50, 100].map((n) => at(n, false, form))).toEqual([-0.5, expect.closeTo(-0.25, 12), 0]);
  expect(at(150, true, form)).toBeCloseTo(0.75, 12); // cos(1.5 pi) = 0
  expect(at(200, true, form)).toBeCloseTo(1, 12);
});

test("values of one's own; no answer is a wrong one", () => {
  expect(at(0, false, { min_wrong: -3 })).toBe(-3);
  const options = cosineLength.options!.parse({ max_tokens: 10 });
  expect(cosineLength.score(rewardInput({ completion: "4", tokens: 0, target: 4, options }))).toBe(-1);
});

test.each([undefined, "", " ", Number.NaN])("target %j is refused", (target) => {
  expect(cosineLength.target.safeParse(target).success).toBe(false);
});
