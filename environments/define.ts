import type { z } from "zod";
import type { Message } from "../core/types.ts";

export interface EnvironmentDefinition<Fields extends z.ZodType = z.ZodType, Options extends z.ZodType = z.ZodType> {
  name: string;
  options: Options;
  /** fields every dataset row must have; others pass through untouched */
  example: Fields;
  /** the messages that open an episode */
  start(fields: z.infer<Fields>, options: z.infer<Options>): Message[];
  /** messages that start another turn, each with a `log` of what rewards may know of it; or null to end the episode */
  reply(fields: z.infer<Fields>, completion: string, options: z.infer<Options>): Message[] | null;
}

/** An environment: how a dataset's row becomes a prompt, and what answers the policy. */
export function defineEnvironment<Fields extends z.ZodType, Options extends z.ZodType>(
  definition: EnvironmentDefinition<Fields, Options>,
): EnvironmentDefinition<Fields, Options> {
  return definition;
}
