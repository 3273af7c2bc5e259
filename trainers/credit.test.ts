import { expect, test } from "vitest";
import type { StoredRollout } from "../rollouts/schema.ts";
import { judgedRollout } from "./credit.ts";

const pieces = ["<end>", "3", "<box>", "4", ",10", "</box>"];
const rollout = (text: string, steps: { name: string; start: number; end: number; score: number }[]) =>
  ({
    reward: 1,
    tokens: Int32Array.of(1, 2, 3, 4, 5, 0),
    text,
    parts: [{ name: "boxes", outcome: { kind: "score", score: 1, steps }, latencyMs: 0 }],
  }) as unknown as StoredRollout;

test("characters become the tokens that wrote them; the end token wrote none", () => {
  // 3<box>4,10</box>: the box is characters 1 to 16, tokens 1 to 4
  const { steps, tokens } = judgedRollout(rollout("3<box>4,10</box>", [{ name: "box/0", start: 1, end: 16, score: 0.5 }]), pieces, [
    "boxes",
  ]);
  expect(tokens).toBe(6);
  expect(steps).toEqual([{ step: "boxes/box/0", start: 1, end: 5, score: 0.5 }]);
});

test("part of a token is that token's", () => {
  const { steps } = judgedRollout(rollout("3<box>4,10</box>", [{ name: "x", start: 7, end: 8, score: 1 }]), pieces, ["boxes"]);
  expect(steps).toEqual([{ step: "boxes/x", start: 3, end: 4, score: 1 }]);
});

test("text that the pieces do not make up has no places", () => {
  expect(judgedRollout(rollout("something else", [{ name: "x", start: 0, end: 4, score: 1 }]), pieces, ["boxes"]).steps).toEqual([]);
});

test("a reward that is only logged gives no credit", () => {
  expect(judgedRollout(rollout("3<box>4,10</box>", [{ name: "x", start: 7, end: 8, score: 1 }]), pieces, ["answer"]).steps).toEqual([]);
});
