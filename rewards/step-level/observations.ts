import { type TagBlock, tagBlocks, tagMarks } from "../shaping/tags.ts";

export interface Observations {
  /** each action with the observation right after it, in order */
  pairs: { action: TagBlock; observation: TagBlock }[];
  /** the last answer; null without one */
  answer: string | null;
  /** actions and observations in turn, one answer at the end, every tag closed */
  wellFormed: boolean;
}

const TAGS = ["action", "observation", "answer"];

/**
 * What a completion says that it did and saw: `<action>…</action><observation>…</observation>` again and again, then `<answer>…</answer>`,
 * with free text between. An action without an observation is left out, and spoils the form. Linear; never throws.
 * Source: ReWatch-R1 (ICLR 2026), whose policy writes its observations itself.
 */
export function parseObservations(text: string): Observations {
  const { blocks, paired } = tagBlocks(text, TAGS);
  const pairs = blocks.flatMap((action, i) => {
    const observation = blocks[i + 1];
    return action.name === "action" && observation?.name === "observation" ? [{ action, observation }] : [];
  });
  const order = blocks.map(({ name }) => name).join(" ");
  const expected = [...pairs.map(() => "action observation"), "answer"].join(" ");
  const last = blocks.findLast(({ name }) => name === "answer");
  return { pairs, answer: last?.text ?? null, wellFormed: paired && tagMarks(text, TAGS).length > 0 && order === expected };
}
