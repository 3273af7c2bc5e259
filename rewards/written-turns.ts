import { z } from "zod";
import type { Role } from "../core/types.ts";

const ROLES = ["policy", "observation", "context", "negative", "corrected"] as const satisfies readonly Role[];

/** A trajectory as rows and requests hold it: the turns whose texts make up the completion, each with the environment's log if there is one. */
export const WrittenTurns = z
  .array(z.strictObject({ role: z.enum(ROLES), text: z.string(), log: z.record(z.string(), z.unknown()).optional() }))
  .min(1);
