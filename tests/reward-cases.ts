import { Random } from "../core/random.ts";
import { shaping } from "../rewards/shaping/index.ts";
import { stepLevel } from "../rewards/step-level/index.ts";
import { turnsByTag } from "../rewards/turns.ts";

const CHAIN = ["3 + 7 = 10", "10 + 5 = 15", "so 15"];
const VIDEO = { answer: "B", valid_segments: [2, 3], valid_frames: [[100, 140]], valid_bounding_box: [[120, [10, 10, 50, 50]]] };
const FRAMES = { labels: [5, 1, 3, 4, 1, 1, 1, 5], shown: [0, 1, 2, 3] };
const TOOLS = { zoom: { bbox_2d: "numbers", label: "string?" } };
export const CALL = '<tool_call>{"name":"zoom","arguments":{"bbox_2d":[1,2,3,4]}}</tool_call>';

/** Every reward with its options, its target and the range it declares. */
export const CASES: [name: string, options: object, target: unknown, low: number, high: number][] = [
  ["action_validity", { tools: TOOLS }, "15", 0, 1],
  ["action_validity", { tag: "action", templates: ["go {word}", "at {time}", "output answer: {any}"] }, "15", 0, 1],
  ["boxed_answer_format", {}, "15", 0, 1],
  ["boxed_answer_format", { box: "optional" }, "15", 0, 1],
  ["cosine_length", { max_tokens: 100 }, "15", -1, 1],
  ["cosine_length", { max_tokens: 100, form: "ms_swift" }, 15, -0.5, 1],
  ["curiosity", {}, "15", Number.NEGATIVE_INFINITY, 0.15],
  ["detective_format", {}, "15", 0, 1],
  ["diversity", {}, "15", 0, 1],
  ["error_location", {}, 15, 0, 1],
  ["first_error", { compare: "contains" }, CHAIN, 0, 1],
  ["first_error", { split: "labelled", compare: "words", after: "zero" }, CHAIN, 0, 1],
  ["format_penalty", {}, "15", -1, 0],
  ["format_penalty", { answer: "boxed" }, "15", -1, 0],
  ["format_penalty", { answer: "tag_required", equal_counts: [["<image>", "</image>"]] }, "15", -1, 0],
  ["frame_identification", { responses: "text" }, FRAMES, 0, 1],
  ["frame_retrieval", { responses: "text" }, FRAMES, 0, 1],
  ["frame_retrieval", { retrieval: "precision", responses: "text" }, FRAMES, 0, 1],
  ["frame_spotlight", { responses: "text" }, { answer: "B", question: "at 01:30?", total_frames: 3000 }, 0, 1.52],
  ["gated_length", { gate: "" }, "15", -1, 0],
  ["gated_length", { gate: "so", unit: "words" }, "15", -1, 0],
  ["group_length", {}, "15", -0.5, 0.5],
  ["json_format", {}, "15", 0, 1],
  ["json_format", { keys: { rationale: "any" } }, "15", 0, 1],
  ["language", {}, "15", 0, 1],
  ["language", { scripts: ["Han"], within: "think", threshold: 0.5 }, "15", 0, 1],
  ["language_mix", {}, "15", 0, 1],
  ["length_target", {}, 500, Number.NEGATIVE_INFINITY, 0],
  ["length_target", { form: "max" }, 500, 0, 1],
  ["manipulation_grounding", {}, VIDEO, 0, 2],
  ["observation_format", {}, "15", 0, 1],
  ["observation_format", { pairs_required: true }, "15", 0, 1],
  ["progress", {}, [20, 50, -10], 0, 1],
  ["rationale_consistency", {}, "15", 0, 1],
  ["rationale_consistency", { conclusion: "letter" }, "15", 0, 1],
  ["rationale_consistency", { conclusion: "phrase" }, "15", 0, 1],
  ["repetition", {}, "15", -1, 0],
  ["repetition", { n: 1, max_penalty: -0.5 }, "15", -0.5, 0],
  ["rouge", {}, "the red door opens", 0, 1],
  ["soft_overlong", { max_tokens: 100, cache: 20 }, "15", -1, 0],
  ["soft_overlong", { max_tokens: 100, cache: 20, form: "verl" }, "15", Number.NEGATIVE_INFINITY, 0],
  ["step_match", {}, CHAIN, 0, 1],
  ["step_match", { split: "sentences", compare: "words", order: "any", measure: "f1" }, CHAIN, 0, 1],
  ["step_match", { split: "numbered", compare: "number", order: "place", measure: "precision" }, CHAIN, 0, 1],
  ["step_match", { split: "tags", compare: "contains", measure: "recall" }, CHAIN, 0, 1],
  ["sub_goals", {}, ["red door", ["red key", "crimson key"], "a a a"], 0, 1],
  ["sub_goals", { order: "ordered", within: "think" }, ["red door", "so"], 0, 1],
  ["tag_format", {}, "15", 0, 1],
  ["tag_format", { tags: ["think", { repeat: ["tool_call", "think"] }, "answer"], ignore: ["tool_response"] }, "15", 0, 1],
  ["tag_format", { partial: true, outside: "any" }, "15", 0, 1],
  ["think_format", {}, "15", 0, 1],
  ["think_ratio", {}, "15", 0, 1],
  ["short_answer", { max_chars: 1 }, "15", 0, 1],
  ["has_tags", { tags: ["think", "answer"] }, "15", 0, 1],
  ["tool_repaired", {}, "15", 0, 1],
  ["retrieval_ndcg", {}, ["image", "b"], 0, 1],
  ["tool_success", { responses: "text" }, "15", 0, 1],
];

const GOOD = [
  "<think>3 + 7 = 10\n10 + 5 = 15</think>\n<answer>15</answer>",
  `<think>look</think>${CALL}<tool_response>image</tool_response><think>a red door</think><answer>\\boxed{15}</answer>`,
  "Step 1: 3 + 7 = 10. Step 2: 10 + 5 = 15. Step 3: so 15\n1. a\n2. b",
  "<think>at 01:30</think><action>get frame number at time 01:30</action>is: 2250<think>2200, 2400</think><action>choose frames between 2200 and 2400</action><think>B</think><action>output answer: B</action>",
  "FIND_SEGMENT(a) = [2, 5]\nFIND_FRAME(b) = [120]\nSPATIAL_ZOOM(c) = [10, 10, 50, 40]\nFINAL_ANSWER: B",
  "<score>00:00:05: 5, 00:00:10-00:00:20: 3</score><think>so</think><clip>00:01:00</clip><answer></answer>",
  "<action>look</action><observation>a red key</observation><answer>B</answer><score>20</score><score>-10</score>",
  '{"rationale": "so", "action": {"name": "go"}}',
  "<think>so (B)</think><answer>B <|begin_of_box|>15<|end_of_box|></answer>",
  "<think><step>3 + 7 = 10</step><step>so 15</step> The answer is red</think><answer>red</answer>",
  `${"中".repeat(60)}\n\n${"word ".repeat(220)}`,
];
const PIECES = [
  ...[
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<step>",
    "</step>",
  ],
  ...[
    "<action>",
    "</action>",
    "<observation>",
    "</observation>",
    "<score>",
    "</score>",
    "<clip>",
    "</clip>",
    "<|begin_of_box|>",
    "<|end_of_box|>",
  ],
  ...[
    "3 + 7 = 10",
    "so 15",
    "1. ",
    "Step 2: ",
    "\n",
    "\n\n",
    " ",
    ". ",
    "15",
    "-10",
    "1e999",
    "NaN",
    "٣",
    "00:00:05: 5",
    "FINAL_ANSWER: ",
    "\\boxed{",
  ],
  ...[
    "FIND_FRAME(x) = ",
    "SPATIAL_ZOOM(x) = [1,2,3,4]",
    "the red door",
    "中文",
    "\u{1d7db}",
    "\ud835",
    "\u0000",
    "[",
    "]",
    "{",
    '"',
    "=",
    ",",
    ":",
    "(B)",
  ],
];

/** Well-formed texts with pieces cut out, doubled, moved and put in, and texts of pieces alone. */
export function* completions(seed: number, count: number): Generator<string> {
  const random = Random.of(seed, "fuzz rewards");
  const pick = (from: readonly string[]) => from[random.integer(0, from.length - 1)]!;
  for (let i = 0; i < count; i++) {
    let text = i % 3 === 0 ? "" : pick(GOOD);
    for (let edits = random.integer(i < GOOD.length ? 0 : 1, 12); edits > 0; edits--) {
      const [a, b] = [random.integer(0, text.length), random.integer(0, text.length)].sort((x, y) => x - y) as [number, number];
      const kind = random.integer(0, 3);
      if (kind === 0) text = text.slice(0, a) + text.slice(b);
      else if (kind === 1) text = text.slice(0, b) + text.slice(a);
      else text = text.slice(0, a) + pick(PIECES) + text.slice(a);
    }
    yield text.slice(0, 3000);
  }
}

export const rewards = [...shaping, ...stepLevel];

export function prepared(name: string, options: object) {
  const definition = rewards.find((reward) => reward.name === name)!;
  return { definition, field: "target", options: definition.options?.parse(options) ?? {} };
}

export function finished(completion: string, target: unknown, tokens: number) {
  const turns = turnsByTag(completion, "tool_response").map((turn) => ({
    ...turn,
    log: { documents: turn.text.split(/<\/?tool_response>/) },
  }));
  return { completion, exampleId: "a", fields: { target }, seed: 0, tokens, finish: "stop" as const, turns };
}
