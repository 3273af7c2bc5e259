import type { TurnLog } from "../core/types.ts";
import { turnsByTag, type WrittenTurn } from "../rewards/turns.ts";

/** For tests: what the policy wrote, and what its environment answered and knows of it. Turns make a trajectory by `episode`. */
export const policy = (text: string): WrittenTurn => ({ role: "policy", text });

export const observation = (text: string, log?: TurnLog): WrittenTurn => ({
  role: "observation",
  text,
  ...(log === undefined ? {} : { log }),
});

/** A text whose stretches in `<tool_response>` the environment wrote, tags included. */
export const told = (completion: string) => ({ completion, turns: turnsByTag(completion, "tool_response") });
