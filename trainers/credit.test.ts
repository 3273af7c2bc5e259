import { expect, test } from "vitest";
import type { Role } from "../core/types.ts";
import type { StoredRollout } from "../rollouts/schema.ts";
import { judgedRollout, policyMask, turnsOf } from "./credit.ts";

const BOXES = new Map([["boxes", 1]]);
const pieces = ["<end>", "3", "<box>", "4", ",10", "</box>"];
const rollout = (text: string, steps: { name: string; start: number; end: number; score: number }[]) =>
  ({
    reward: 1,
    tokens: Int32Array.of(1, 2, 3, 4, 5, 0),
    roles: Array(6).fill("policy"),
    text,
    parts: [{ name: "boxes", outcome: { kind: "score", score: 1, steps }, latencyMs: 0 }],
  }) as unknown as StoredRollout;

test("characters become the tokens that wrote them; the end token wrote none", () => {
  // 3<box>4,10</box>: the box is characters 1 to 16, tokens 1 to 4
  const { steps, tokens } = judgedRollout(rollout("3<box>4,10</box>", [{ name: "box/0", start: 1, end: 16, score: 0.5 }]), pieces, BOXES);
  expect(tokens).toBe(6);
  expect(steps).toEqual([{ step: "boxes/box/0", start: 1, end: 5, score: 0.5 }]);
});

test("part of a token is that token's", () => {
  const { steps } = judgedRollout(rollout("3<box>4,10</box>", [{ name: "x", start: 7, end: 8, score: 1 }]), pieces, BOXES);
  expect(steps).toEqual([{ step: "boxes/x", start: 3, end: 4, score: 1 }]);
});

test("text that the pieces do not make up has no places", () => {
  expect(judgedRollout(rollout("something else", [{ name: "x", start: 0, end: 4, score: 1 }]), pieces, BOXES).steps).toEqual([]);
});

test("a reward that is only logged gives no credit", () => {
  expect(
    judgedRollout(rollout("3<box>4,10</box>", [{ name: "x", start: 7, end: 8, score: 1 }]), pieces, new Map([["answer", 1]])).steps,
  ).toEqual([]);
});

test("the score of each reward is there with its weight", () => {
  const { parts } = judgedRollout(rollout("3<box>4,10</box>", []), pieces, new Map([["boxes", 0.5]]));
  expect(parts).toEqual([{ name: "boxes", weight: 0.5, score: 1 }]);
});

test("Video-CoM, acceptance 6: three turns of 5, 4 and 6 tokens, of which the ends of the first two are not trained", () => {
  const turn = (own: number, end: Role) => [...Array<Role>(own - 1).fill("policy"), end];
  const told = Array<Role>(7).fill("observation");
  const roles = [...turn(5, "context"), ...told, ...turn(4, "context"), ...told, ...turn(6, "policy")];
  expect(policyMask(roles).reduce((sum, one) => sum + one, 0)).toBe(4 + 3 + 6);
  expect(turnsOf(roles).at(-1)).toBe(2);
});

test("roles become a mask and turns", () => {
  const roles = ["policy", "policy", "observation", "observation", "policy"] as const;
  expect([...policyMask(roles)]).toEqual([1, 1, 0, 0, 1]);
  expect([...turnsOf(roles)]).toEqual([0, 0, 0, 0, 1]);
});
