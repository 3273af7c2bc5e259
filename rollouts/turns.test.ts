import { expect, test } from "vitest";
import type { Role } from "../core/types.ts";
import { turnSpans } from "./turns.ts";

// ids 0 to 3 write one word each; the first word of a text is written without its space, so that places depend on what came before
const WORDS = ["look", "there", "a cat", ""];
const decode = (ids: ArrayLike<number>) =>
  Array.from(ids, (id) => ` ${WORDS[id]}`)
    .join("")
    .slice(1);

function spans(ids: number[], roles: Role[]) {
  const tokens = Int32Array.from(ids);
  return turnSpans({ tokens, roles, text: decode(tokens) }, decode).map(({ role, start, end, firstToken, endToken }) => [
    role,
    decode(tokens).slice(start, end),
    firstToken,
    endToken,
  ]);
}

test("one role is one turn", () => {
  expect(spans([0, 1], ["policy", "policy"])).toEqual([["policy", "look there", 0, 2]]);
});

test("an empty completion is one turn of the policy", () => {
  expect(spans([], [])).toEqual([["policy", "", 0, 0]]);
});

test("what the environment knows of a turn goes with it, by its first token", () => {
  const tokens = Int32Array.of(0, 2, 2, 0);
  const roles: Role[] = ["policy", "observation", "observation", "policy"];
  const logs = new Map([[1, { success: true }]]);
  expect(turnSpans({ tokens, roles, text: decode(tokens) }, decode, logs).map(({ log }) => log)).toEqual([
    undefined,
    { success: true },
    undefined,
  ]);
});

test("turns go where the role changes, and their texts make up the whole", () => {
  expect(spans([0, 1, 2, 0], ["policy", "policy", "observation", "policy"])).toEqual([
    ["policy", "look there", 0, 2],
    ["observation", " a cat", 2, 3],
    ["policy", " look", 3, 4],
  ]);
});
