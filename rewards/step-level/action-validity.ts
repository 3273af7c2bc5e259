import { z } from "zod";
import { defineReward } from "../define.ts";
import { jsonObject } from "../shaping/json-format.ts";
import { TagName, tagBlocks, tagMarks } from "../shaping/tags.ts";
import { ActionTemplate, actionReader } from "./action-template.ts";

const KINDS = {
  string: (value: unknown) => typeof value === "string",
  number: (value: unknown) => Number.isFinite(value),
  boolean: (value: unknown) => typeof value === "boolean",
  strings: (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  numbers: (value: unknown) => Array.isArray(value) && value.every((one) => Number.isFinite(one)),
  any: () => true,
};
const Kind = z
  .string()
  .regex(/^(string|number|boolean|strings|numbers|any)\??$/, "expected string, number, boolean, strings, numbers or any");

const Options = z
  .strictObject({
    tag: TagName.default("tool_call").describe("the tag around an action"),
    tools: z
      .record(z.string().min(1), z.record(z.string().min(1), Kind))
      .optional()
      .describe('JSON actions: arguments by tool, { zoom: { bbox_2d: numbers, label: "string?" } }; one with ? may lack'),
    templates: z.array(ActionTemplate).min(1).optional().describe("actions in words: go {word}"),
    none: z.number().min(0).max(1).default(0).describe("the score of a completion without an action"),
  })
  .refine(({ tools, templates }) => (tools === undefined) !== (templates === undefined), "expected tools or templates");
type Options = z.infer<typeof Options>;

/**
 * The share of the completion's actions that are valid. Range [0, 1]; `none` where there is no action. The target is not read.
 *
 * An action is what a pair of tags holds; a tag that is opened and not closed is one that is not valid. With `tools` it is a JSON object of a
 * known `name` and an object `arguments`, all there, none besides, each of its kind; with `templates` it is the words of one of them.
 * Valid is not useful: nothing is carried out. Steps: each pair of tags, 1 or 0. Metrics: `actions`, `valid`.
 * Source: this project; calls as in Hermes (DeepEyes, arXiv:2505.14362), actions in words as in FrameThinker (ICLR 2026).
 */
export const actionValidity = defineReward({
  name: "action_validity",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: Options,
  score({ completion, options }) {
    const isValid = validator(options);
    const { blocks } = tagBlocks(completion, [options.tag]);
    const actions = tagMarks(completion, [options.tag]).filter(({ closes }) => !closes).length;
    const steps = blocks.map(({ text, start, end }, i) => ({ name: `action/${i}`, start, end, score: Number(isValid(text)) }));
    const valid = steps.reduce((sum, { score }) => sum + score, 0);
    return { score: actions === 0 ? options.none : valid / actions, steps, metrics: { actions, valid } };
  },
});

function validator({ tools = {}, templates }: Options): (text: string) => boolean {
  if (templates !== undefined) {
    const readers = templates.map(actionReader);
    return (text) => readers.some((read) => read(text) !== null);
  }
  return (text) => {
    const call = jsonObject(text);
    const { name, arguments: given } = call ?? {};
    if (typeof name !== "string" || !Object.hasOwn(tools, name) || typeof given !== "object" || given === null || Array.isArray(given))
      return false;
    const expected = Object.entries(tools[name]!);
    const values = given as Record<string, unknown>;
    return (
      Object.keys(values).every((key) => Object.hasOwn(tools[name]!, key)) &&
      expected.every(([key, kind]) => (Object.hasOwn(values, key) ? isKind(values[key], kind) : kind.endsWith("?")))
    );
  };
}

function isKind(value: unknown, kind: string): boolean {
  return KINDS[kind.replace("?", "") as keyof typeof KINDS](value);
}
