import { z } from "zod";
import { defineReward } from "../define.ts";
import { isObserved } from "../turns.ts";
import { type TagBlock, TagName, tagBlocks, withoutBlocks } from "./tags.ts";
import { charsOf } from "./text.ts";

const Item = z.union([
  TagName,
  z
    .strictObject({ repeat: z.array(TagName).min(1), min: z.int().min(0).default(0), max: z.int().min(1).default(64) })
    .refine(({ min, max }) => min <= max, "expected min <= max"),
]);

const Options = z
  .strictObject({
    tags: z
      .array(Item)
      .min(1)
      .default(["think", "answer"])
      .describe("the tags in their order; { repeat: [tool_call, think], min, max } for some that come again and again"),
    outside: z
      .enum(["blank", "between", "any"])
      .default("blank")
      .describe("text outside of the tags: none, only between the first and the last, or anywhere"),
    blank: z.boolean().default(false).describe("whether a part may be blank"),
    ignore: z
      .array(TagName)
      .default([])
      .describe("blocks such as tool_response that are cut out first, where no environment wrote turns of its own; those never count"),
    max_chars: z.record(TagName, z.int().min(0)).default({}).describe("the longest text of a tag in characters"),
    partial: z.boolean().default(false).describe("the share of the tags that are right, in place of all or nothing"),
  })
  .refine(({ tags, partial }) => !partial || tags.every((item) => typeof item === "string"), {
    path: ["partial"],
    message: "counts tags that come once; a repeat can't be counted",
  });
type Options = z.infer<typeof Options>;

/**
 * Whether the completion is the given sequence of tags: each pair in its place, none besides, and as little around them as `outside`
 * allows. The target is not read.
 *
 * Returns 1 or 0. With `partial` a share in [0, 1]: a tag counts if it has exactly one complete pair, not blank and not too long, that
 * comes after the pairs counted before; text outside is not looked at. Tags that are not listed are ordinary text.
 * Source: DeepSeek-R1 (arXiv:2501.12948); LongVT (arXiv:2511.20785) with
 * `tags: [think, { repeat: [tool_call, think] }, answer], ignore: [tool_response], max_chars: { answer: 999 }`; its code also lets other text stand
 * between the tags where a tool is called.
 */
export const tagFormat = defineReward({
  name: "tag_format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "<think>a</think>\n<answer>b</answer>", score: 1 },
    { completion: "<answer>b</answer>", score: 0 },
    { completion: "<answer>b</answer>", options: { partial: true }, score: 1 / 2 },
  ],
  score({ completion, turns, options }) {
    const text = isObserved(turns) ? completion : withoutBlocks(completion, options.ignore);
    const names = options.tags.flatMap((item) => (typeof item === "string" ? [item] : item.repeat));
    const { blocks, paired } = tagBlocks(text, names);
    if (options.partial) return rightShare(blocks, options);
    const right =
      paired && inSequence(blocks, options.tags) && outsideAllowed(text, blocks, options) && blocks.every((one) => fits(one, options));
    return right ? 1 : 0;
  },
});

function inSequence(blocks: TagBlock[], tags: Options["tags"]): boolean {
  const follows = (at: number, names: string[]) => names.every((name, i) => blocks[at + i]?.name === name);
  let at = 0;
  for (const item of tags) {
    if (typeof item === "string") {
      if (!follows(at, [item])) return false;
      at += 1;
      continue;
    }
    let times = 0;
    while (times < item.max && follows(at, item.repeat)) {
      at += item.repeat.length;
      times++;
    }
    if (times < item.min) return false;
  }
  return at === blocks.length;
}

function fits({ name, text }: TagBlock, { blank, max_chars }: Options): boolean {
  const limit = Object.hasOwn(max_chars, name) ? max_chars[name]! : Number.POSITIVE_INFINITY;
  return (blank || text.trim() !== "") && charsOf(text) <= limit;
}

/** `blocks` are all there is: every tag of the text belongs to one. */
function outsideAllowed(text: string, blocks: TagBlock[], { outside }: Options): boolean {
  if (outside === "any") return true;
  const edges = blocks.map(({ name, start, end }) => [start - name.length - 2, end + name.length + 3] as const);
  const gaps = [...edges, [text.length, text.length] as const].map(([start], i) => text.slice(edges[i - 1]?.[1] ?? 0, start));
  const strict = outside === "blank" ? gaps : [gaps[0]!, gaps.at(-1)!];
  return strict.every((gap) => gap.trim() === "");
}

function rightShare(blocks: TagBlock[], options: Options): number {
  const names = options.tags as string[];
  let last = -1;
  let right = 0;
  for (const name of names) {
    const at = blocks.findIndex((block) => block.name === name);
    const again = at >= 0 && blocks.some((block, i) => i > at && block.name === name);
    if (at <= last || again || !fits(blocks[at]!, options)) continue;
    last = at;
    right++;
  }
  return right / names.length;
}
