import type { z } from "zod";
import { nearest } from "../core/nearest.ts";
import { registry } from "../core/registry.ts";
import { type Spec, specUnion } from "../core/spec.ts";
import type { Message } from "../core/types.ts";
import { chat } from "./chat.ts";
import type { EnvironmentDefinition } from "./define.ts";
import { visualQuestion } from "./visual-question.ts";

export const environments = registry<EnvironmentDefinition>("environment", [visualQuestion, chat]);

/** An environment as a recipe names it: its name, and its options beside it. */
export type EnvironmentSpec = Spec;

/** Any environment's options with its `name` among them, defaults filled in: the recipe's `environment` section. */
export const environmentSpec: z.ZodType<EnvironmentSpec> = specUnion(environments);

type Fields = Record<string, unknown>;

/** An environment with its options bound. */
export interface Environment {
  name: string;
  /** the messages that open an episode; throws ZodError for fields that `check` would refuse */
  start(fields: Fields): Message[];
  /** messages that start another turn, or null to end the episode */
  reply(fields: Fields, completion: string): Message[] | null;
  /** what is wrong with an example's fields, each as `field: message`; empty where nothing is */
  check(fields: Fields): string[];
}

/** The environment that a recipe names. Throws ZodError for an unknown name or an option that does not fit. */
export function resolveEnvironment(spec: EnvironmentSpec): Environment {
  const { name, ...options } = environmentSpec.parse(spec);
  const { example, start, reply } = environments.get(name);
  return {
    name,
    start: (fields) => start(example.parse(fields), options),
    reply: (fields, completion) => reply(example.parse(fields), completion, options),
    check(fields) {
      const { error } = example.safeParse(fields);
      return (error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}${hint(issue.path, fields)}`);
    },
  };
}

/** Where a whole field is missing: the row's field of the most similar name, or all that it has. */
function hint(path: PropertyKey[], fields: Fields): string {
  const [field] = path;
  if (path.length !== 1 || typeof field !== "string" || Object.hasOwn(fields, field)) return "";
  const near = nearest(field, Object.keys(fields));
  return near === null ? `; the row has ${Object.keys(fields).join(", ")}` : `; the row has "${near}"`;
}
