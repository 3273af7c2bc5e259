import type { Problem } from "../../core/errors.ts";
import type { Outcome } from "../../core/types.ts";
import type { Finished } from "../ask.ts";
import type { Need, Scope } from "../define.ts";

/** A reward file as a recipe names it. */
export interface RewardFile {
  /** absolute path; of a reward of ours its name */
  path: string;
  /** whether it is one of ours, in a thread because it asks for one */
  own?: boolean;
  /** the named export, or undefined for the default one */
  export?: string;
  /** the example field that holds the target, where the recipe says */
  target?: string;
  options?: Record<string, unknown>;
}

/** What a reward file says of its reward. */
export interface RewardFacts {
  name: string;
  version: number;
  scope: Scope;
  /** where the target is, the recipe's word included */
  field: string;
  needs: Need[];
}

/** What a thread can be asked, one question at a time. `key` is whatever number the asker gave the file when loading it. */
export type Question =
  | { kind: "load"; key: number; file: RewardFile }
  | { kind: "check"; key: number; fields: Record<string, unknown> }
  | { kind: "score"; key: number; members: Finished[] };

/** `outcomes` are one a member. `ready` comes once, unasked, when the thread has started. */
export type Answer =
  | { kind: "ready" }
  | { kind: "loaded"; facts: RewardFacts }
  | { kind: "refused"; problem: Problem }
  | { kind: "checked"; problems: string[] }
  | { kind: "outcomes"; outcomes: Outcome[] };
