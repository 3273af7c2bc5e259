/** Compositions as papers have them, in a recipe's words, with numbers worked by hand. Scores of parts are given: the parts have tests of their own. */
import { describe, expect, test } from "vitest";
import { fakeRewards, type Given } from "../../tests/fake-rewards.ts";
import { formula } from "./formula.ts";

interface Case {
  fields?: Record<string, unknown>;
  scores: Record<string, Given>;
  expected: number | null;
  outcome?: number | null;
}

interface Card {
  name: string;
  yaml: string;
  formula: string;
  cases: Case[];
}

const cards: Card[] = [
  {
    name: "VLA-R1: a task by what the row asks for, and format",
    yaml: `
- { file: box.ts, weight: 0.9, when: { field: gt_type, is: box }, outcome: true }
- { file: path.ts, weight: 0.9, when: { field: gt_type, is: path }, outcome: true }
- { file: format.ts, weight: 0.1 }`,
    formula: `reward = 0.9 * box + 0.9 * path + 0.1 * format
  box only where gt_type is box
  path only where gt_type is path`,
    cases: [
      { fields: { gt_type: "box" }, scores: { box: 0.8, format: 1 }, expected: 0.82, outcome: 0.8 }, // 0.72 + 0.1
      // a disjoint box: (GIoU + 1) / 2 = (1 - 0.59184) / 2 = 0.20408
      { fields: { gt_type: "box" }, scores: { box: 0.20408, format: 1 }, expected: 0.283672 },
      { fields: { gt_type: "path" }, scores: { path: 1 - 0.041154, format: 1 }, expected: 0.9629614, outcome: 1 - 0.041154 },
      { fields: { gt_type: "path" }, scores: { path: 1, format: 0 }, expected: 0.9 },
    ],
  },
  {
    name: "GRiP: heuristics count where the answer is right, boxes where there are any",
    yaml: `
- { file: answer.ts }
- { file: format.ts }
- { file: salient_boxes.ts }
- { file: heuristics.ts, when: { part: answer, at_least: 1 } }`,
    formula: `reward = answer + format + salient_boxes + heuristics
  heuristics only where answer >= 1`,
    cases: [
      { scores: { answer: 1, format: 1, salient_boxes: 0.3056, heuristics: 0.9 }, expected: 3.2056 },
      { scores: { answer: 0, format: 1, salient_boxes: 0.3056, heuristics: 0.9 }, expected: 1.3056 },
      { scores: { answer: 1, format: 1, salient_boxes: null, heuristics: 0.9 }, expected: 2.9 },
    ],
  },
  {
    name: "Artemis: without reference boxes their weight goes to the others",
    yaml: `
- { file: answer.ts }
- { file: format.ts }
- { file: proposals.ts, absent: redistribute }`,
    formula: `reward = answer + format + proposals
  the others share the weight of proposals where it does not apply`,
    cases: [
      { scores: { answer: 0.5, format: 1, proposals: 0.7625 }, expected: 2.2625 },
      { scores: { answer: 0.5, format: 1, proposals: null }, expected: 2.25 }, // 1.5 * 3 / 2
    ],
  },
  {
    name: "DeepPerception: IoU above 0.8, else nothing",
    yaml: `
- { file: iou.ts, keep: { above: 0.8 } }
- { file: tags.ts, weight: 0.5 }
- { file: box_form.ts, weight: 0.5 }`,
    formula: `reward = iou + 0.5 * tags + 0.5 * box_form
  iou = score of iou where it is > 0.8, else 0`,
    cases: [
      { scores: { iou: 0.9, tags: 1, box_form: 1 }, expected: 1.9, outcome: 0.9 },
      { scores: { iou: 0.8, tags: 1, box_form: 1 }, expected: 1, outcome: 0.8 }, // not above
      { scores: { iou: 8100 / 11900, tags: 1, box_form: 1 }, expected: 1 },
    ],
  },
  {
    name: "Video-CoM: answer and the share of manipulations that hit",
    yaml: "[{ file: answer.ts }, { file: manipulations.ts }]",
    formula: "reward = answer + manipulations",
    cases: [
      { scores: { answer: 1, manipulations: 0.75 }, expected: 1.75 }, // 3 hits of 4
      { scores: { answer: 0, manipulations: 0.75 }, expected: 0.75 },
      { scores: { answer: 1, manipulations: 1 / 3 }, expected: 4 / 3 },
    ],
  },
  {
    name: "FrameThinker: nothing without consistency, bonuses for right answers",
    yaml: `
- { file: consistent.ts, weight: 0, gate: true }
- { file: answer.ts }
- { file: asks_time.ts, weight: 0.5, when: { part: answer, at_least: 1 } }
- { file: looks_closer.ts, weight: 0.02, when: { part: answer, at_least: 1 } }`,
    formula: `reward = answer + 0.5 * asks_time + 0.02 * looks_closer
  0 unless consistent > 0
  asks_time only where answer >= 1
  looks_closer only where answer >= 1`,
    cases: [
      { scores: { consistent: 1, answer: 1, asks_time: 1, looks_closer: 1 }, expected: 1.52, outcome: 1 },
      { scores: { consistent: 1, answer: 1, asks_time: 0, looks_closer: 1 }, expected: 1.02 },
      { scores: { consistent: 1, answer: 0, asks_time: 1, looks_closer: 1 }, expected: 0 },
      { scores: { consistent: 0, answer: 1, asks_time: 1, looks_closer: 1 }, expected: 0, outcome: 1 },
    ],
  },
  {
    name: "LongVT: a long answer loses answer and format, not the window",
    yaml: `
- { file: judge.ts, times: short }
- { file: format.ts, times: short }
- { file: window.ts }
- { file: characters.ts, as: short, weight: 0, threshold: { below: 1000 } }`,
    formula: `reward = short * (judge + format) + window
  short = 1 where score of short < 1000, else 0`,
    cases: [
      { scores: { judge: 0.5, format: 1, window: 0.25, short: 20 }, expected: 1.75, outcome: 0.5 },
      { scores: { judge: 1, format: 1, window: 0, short: 20 }, expected: 2 },
      { scores: { judge: 1, format: 1, window: 0.5, short: 1000 }, expected: 0.5, outcome: 1 },
    ],
  },
  {
    name: "ReWatch-R1: observations and reasoning multiply a right answer",
    yaml: `
- { file: acc.ts }
- { file: obs.ts, times: acc }
- { file: rea.ts, times: acc }
- { file: format.ts }`,
    formula: "reward = acc * (1 + obs + rea) + format",
    cases: [
      { scores: { acc: 1, obs: 2 / 3, rea: 1, format: 1 }, expected: 3 + 2 / 3 },
      { scores: { acc: 1, obs: 2 / 3, rea: 0, format: 1 }, expected: 2 + 2 / 3 },
      { scores: { acc: 0, obs: 1, rea: 1, format: 1 }, expected: 1 },
      { scores: { acc: 1, obs: 0, rea: 0, format: 1 }, expected: 2 },
    ],
  },
  {
    name: "VLAA-Thinker: a verifier by the row's task, nothing without an answer",
    yaml: `
- { file: has_answer.ts, weight: 0, gate: true }
- { file: digit.ts, when: { field: task_type, is: digit } }
- { file: choice.ts, when: { field: task_type, is: mcq } }
- { file: math.ts, when: { field: task_type, is: math } }
- { file: iou.ts, when: { field: task_type, is: iou } }
- { file: open.ts, when: { field: task_type, is: open } }`,
    formula: `reward = digit + choice + math + iou + open
  0 unless has_answer > 0
  digit only where task_type is digit
  choice only where task_type is mcq
  math only where task_type is math
  iou only where task_type is iou
  open only where task_type is open`,
    cases: [
      { fields: { task_type: "iou" }, scores: { has_answer: 1, iou: 1 / 3 }, expected: 1 / 3 },
      { fields: { task_type: "open" }, scores: { has_answer: 1, open: 0.69881 }, expected: 0.69881 },
      { fields: { task_type: "mcq" }, scores: { has_answer: 0, choice: 1 }, expected: 0 },
    ],
  },
  {
    name: "Visual Programmability: the right strategy is worth half without the answer",
    yaml: `
- { file: acc.ts, weight: 0.8 }
- { part: acc, as: half_at_least, weight: 0, scale: { from: [0, 1], to: [0.5, 1] } }
- { file: strategy.ts, weight: 0.3, times: half_at_least }
- { file: codes.ts, weight: 0 }
- { file: table.ts, weight: 0.15, when: { part: codes, at_least: 1 } }
- { file: format.ts, weight: 0.05 }`,
    formula: `reward = 0.8 * acc + 0.3 * strategy * half_at_least + 0.15 * table + 0.05 * format
  half_at_least = acc, 0 … 1 as 0.5 … 1
  table only where codes >= 1`,
    cases: [
      { scores: { acc: 1, strategy: 1, codes: 1, table: 0.9, format: 1 }, expected: 1.285 },
      { scores: { acc: 0, strategy: 1, codes: 1, table: 0.9, format: 1 }, expected: 0.335 }, // 0.15 + 0.135 + 0.05
      { scores: { acc: 1, strategy: 0, codes: 0, table: 0.9, format: 1 }, expected: 0.85 },
    ],
  },
  {
    name: "Shop-R1: a hierarchy of action parts, long texts worth a thousand",
    yaml: `
- { file: json.ts, weight: 0.5, gate: true }
- { file: type.ts, weight: 0.3 }
- { file: is_click.ts, weight: 0, when: { part: type, at_least: 1 } }
- { file: types_text.ts, weight: 0, when: { part: type, at_least: 1 } }
- { file: has_name.ts, as: click_name, weight: 0.2, times: is_click }
- { file: name_rouge.ts, as: click_rouge, weight: 1000, keep: { above: 0.75 }, times: is_click }
- { file: has_name.ts, as: field_name, weight: 0.1, times: types_text }
- { file: has_text.ts, weight: 0.1, times: types_text }
- { file: name_rouge.ts, as: field_rouge, weight: 0.1, keep: { above: 0.75 }, times: types_text }
- { file: text_rouge.ts, weight: 1000, keep: { above: 0.75 }, times: types_text }
- { file: certainty.ts, weight: 0.005 }`,
    formula: `reward = 0.5 * json + 0.3 * type + is_click * (0.2 * click_name + 1000 * click_rouge) + types_text * (0.1 * field_name + 0.1 * has_text + 0.1 * field_rouge + 1000 * text_rouge) + 0.005 * certainty
  0 unless json > 0
  is_click only where type >= 1
  types_text only where type >= 1
  click_rouge = score of click_rouge where it is > 0.75, else 0
  field_rouge = score of field_rouge where it is > 0.75, else 0
  text_rouge = score of text_rouge where it is > 0.75, else 0`,
    cases: [
      { scores: action({}), expected: 0.8 }, // terminate
      { scores: action({ json: 0 }), expected: 0 },
      { scores: action({ type: 0, is_click: 1, name: 1, name_rouge: 1 }), expected: 0.5 },
      { scores: action({ is_click: 1, name: 1, name_rouge: 1 }), expected: 1001 },
      { scores: action({ is_click: 1, name: 1, name_rouge: 0.2 }), expected: 1 },
      // 0.5 + 0.3 + 0.1 + 0.1 + 0.1 + 1000 * 8 / 9
      { scores: action({ types_text: 1, name: 1, name_rouge: 1, has_text: 1, text_rouge: 8 / 9 }), expected: 1.1 + 8000 / 9 },
      { scores: action({ types_text: 1, name: 1, name_rouge: 1, has_text: 1, text_rouge: 4 / 7 }), expected: 1.1 },
      { scores: action({ certainty: 0.11146 }), expected: 0.8005573 },
    ],
  },
  {
    name: "VRAG-RL: nothing without a search and an answer",
    yaml: `
- { file: judge.ts, weight: 0.7 }
- { file: pattern.ts, weight: 0.1, gate: true }
- { file: ndcg.ts, weight: 0.2 }`,
    formula: `reward = 0.7 * judge + 0.1 * pattern + 0.2 * ndcg
  0 unless pattern > 0`,
    cases: [
      { scores: { judge: 1, pattern: 1, ndcg: 0.6309 }, expected: 0.92618, outcome: 1 },
      { scores: { judge: 0, pattern: 1, ndcg: 0.6309 }, expected: 0.22618 },
      { scores: { judge: 1, pattern: 0, ndcg: 0 }, expected: 0, outcome: 1 },
    ],
  },
  {
    name: "GLM-4.1V: gates in a row, then a verifier by source",
    yaml: `
- { file: format.ts, weight: 0, gate: true }
- { file: one_language.ts, weight: 0, gate: true }
- { file: one_box.ts, weight: 0, gate: true }
- { file: math.ts, when: { field: source, in: [math, physics] } }
- { file: ocr.ts, when: { field: source, is: ocr } }
- { file: ground.ts, when: { field: source, is: ground } }`,
    formula: `reward = math + ocr + ground
  0 unless format > 0
  0 unless one_language > 0
  0 unless one_box > 0
  math only where source is math or physics
  ocr only where source is ocr
  ground only where source is ground`,
    cases: [
      { fields: { source: "ocr" }, scores: { format: 1, one_language: 1, one_box: 1, ocr: 0.9 }, expected: 0.9 },
      { fields: { source: "physics" }, scores: { format: 1, one_language: 1, one_box: 1, math: 1 }, expected: 1 },
      { fields: { source: "ground" }, scores: { format: 1, one_language: 1, one_box: 0, ground: 2 / 3 }, expected: 0 },
      // no verifier for it: no reward, rather than a 0
      { fields: { source: "poems" }, scores: { format: 1, one_language: 1, one_box: 1 }, expected: null },
      // a verifier that breaks is not a wrong answer
      {
        fields: { source: "ocr" },
        scores: { format: 1, one_language: 1, one_box: 1, ocr: { kind: "error", message: "broken" } },
        expected: null,
      },
    ],
  },
  {
    name: "InfiGUI-R1: format gates, sub-goals where the parameters are wrong",
    yaml: `
- { file: format.ts, weight: 0.1, gate: true }
- { file: type.ts, weight: 0.18, when: { field: task, is: step } }
- { file: parameters.ts, weight: 0.72, when: { field: task, is: step } }
- { file: judge.ts, as: subgoal, weight: 0.18, scale: { from: [0, 10], to: [0, 1] }, when: { part: parameters, below: 1 } }
- { file: in_box.ts, weight: 0.9, when: { field: task, is: point } }
- { file: iou.ts, weight: 0.9, scale: { from: [0, 0.7], to: [0, 1] }, when: { field: task, is: box } }
- { file: qa.ts, weight: 0.9, when: { field: task, is: qa } }`,
    formula: `reward = 0.1 * format + 0.18 * type + 0.72 * parameters + 0.18 * subgoal + 0.9 * in_box + 0.9 * iou + 0.9 * qa
  0 unless format > 0
  type only where task is step
  parameters only where task is step
  subgoal = score of subgoal, 0 … 10 as 0 … 1
  subgoal only where parameters < 1
  in_box only where task is point
  iou = score of iou, 0 … 0.7 as 0 … 1
  iou only where task is box
  qa only where task is qa`,
    cases: [
      { fields: { task: "step" }, scores: { format: 1, type: 1, parameters: 0, subgoal: 7 }, expected: 0.406 }, // 0.1 + 0.9 * 0.34
      { fields: { task: "step" }, scores: { format: 1, type: 0, parameters: 0, subgoal: 5 }, expected: 0.19 },
      { fields: { task: "step" }, scores: { format: 1, type: 1, parameters: 1 }, expected: 1 }, // the judge is not asked
      { fields: { task: "step" }, scores: { format: 0, type: 1, parameters: 1 }, expected: 0 },
      { fields: { task: "box" }, scores: { format: 1, iou: 0.5 }, expected: 0.1 + 0.9 * (5 / 7) }, // 0.742857
      { fields: { task: "box" }, scores: { format: 1, iou: 0.7 }, expected: 1 },
      { fields: { task: "box" }, scores: { format: 1, iou: 0.9 }, expected: 1 },
    ],
  },
  {
    name: "DeepEyes: a tool counts in right answers; maths has another sum",
    yaml: `
- { file: judge.ts, weight: 0.8, when: { field: source, in: [vstar, vl_agent, chart] }, outcome: true }
- { file: clean.ts, weight: 0.2, when: { field: source, in: [vstar, vl_agent, chart] } }
- { file: used_tool.ts, weight: 1.2, when: { part: judge, above: 0.5 } }
- { file: math.ts, weight: 1.2, when: { field: source, is: thinklite }, outcome: true }
- { file: boxed.ts, weight: 0.4, when: { field: source, is: thinklite } }`,
    formula: `reward = 0.8 * judge + 0.2 * clean + 1.2 * used_tool + 1.2 * math + 0.4 * boxed
  judge only where source is vstar or vl_agent or chart
  clean only where source is vstar or vl_agent or chart
  used_tool only where judge > 0.5
  math only where source is thinklite
  boxed only where source is thinklite`,
    cases: [
      { fields: { source: "chart" }, scores: { judge: 1, clean: 0, used_tool: 1 }, expected: 2, outcome: 1 },
      { fields: { source: "chart" }, scores: { judge: 1, clean: 0, used_tool: 0 }, expected: 0.8 },
      { fields: { source: "chart" }, scores: { judge: 1, clean: -1, used_tool: 1 }, expected: 1.8 },
      { fields: { source: "vstar" }, scores: { judge: 0, clean: 0 }, expected: 0 }, // a tool in a wrong answer is not asked about
      { fields: { source: "vstar" }, scores: { judge: 0, clean: -1 }, expected: -0.2 },
      { fields: { source: "thinklite" }, scores: { math: 1, boxed: 0 }, expected: 1.2, outcome: 1 },
      { fields: { source: "thinklite" }, scores: { math: 1, boxed: -1 }, expected: 0.8 },
      { fields: { source: "thinklite" }, scores: { math: 0, boxed: -1 }, expected: -0.4 },
    ],
  },
  {
    name: "Pixel Reasoner: curiosity of the group, a price for many operations",
    yaml: `
- { file: answer.ts, times: repaired }
- { file: repaired.ts, weight: 0 }
- { file: curiosity.ts, weight: 0.5 }
- { file: overuse.ts, weight: 0.05 }`,
    formula: "reward = answer * repaired + 0.5 * curiosity + 0.05 * overuse",
    cases: [
      // of 8 one used an operation: 0.3 - 0.125
      { scores: { answer: 1, repaired: 1, curiosity: 0.175, overuse: 0 }, expected: 1.0875 },
      { scores: { answer: 1, repaired: 1, curiosity: 0.175, overuse: -2 }, expected: 0.9875 },
      { scores: { answer: 1, repaired: 0, curiosity: 0.175, overuse: 0 }, expected: 0.0875, outcome: 1 },
    ],
  },
  {
    name: "AutoVLA: driving by products of parts, long thoughts cost in slow mode, all times ten",
    yaml: `
- { file: progress.ts, weight: 4.166666666666667, times: [no_collision, drivable] }
- { file: time_to_collision.ts, weight: 4.166666666666667, times: [no_collision, drivable] }
- { file: comfort.ts, weight: 1.6666666666666667, times: [no_collision, drivable] }
- { file: no_collision.ts, weight: 0 }
- { file: drivable.ts, weight: 0 }
- { file: length.ts, weight: -3, times: slow }
- { file: slow.ts, weight: 0 }`,
    formula: `reward = no_collision * drivable * (4.166666666666667 * progress + 4.166666666666667 * time_to_collision + 1.6666666666666667 * comfort) - 3 * length * slow`,
    cases: [
      { scores: driving({ progress: 0.8 }), expected: 9.166666666666666 }, // 10 * (4 + 5 + 2) / 12
      { scores: driving({ progress: 0.8, no_collision: 0.5 }), expected: 4.583333333333333 },
      { scores: driving({ drivable: 0 }), expected: 0 },
      { scores: driving({ slow: 1, length: 0.5 }), expected: 8.5 }, // 400 characters: 10 - 3 * 0.5
      { scores: driving({ slow: 1, length: 0.8807970779778823 }), expected: 10 - 3 * 0.8807970779778823 }, // 1400: sigmoid(2)
    ],
  },
  {
    name: "RS-EoT, grounding: IoU over chance may be below zero",
    yaml: "[{ file: iou_over_chance.ts, weight: 0.9 }, { file: box_key.ts, weight: 0.1 }]",
    formula: "reward = 0.9 * iou_over_chance + 0.1 * box_key",
    cases: [
      { scores: { iou_over_chance: (1 / 3 - 0.1) / 0.9, box_key: 1 }, expected: 1 / 3 },
      { scores: { iou_over_chance: (1 / 3 - 0.1) / 0.9, box_key: 0.25 }, expected: 0.2583333333333333 },
      { scores: { iou_over_chance: -0.1 / 0.9, box_key: 0 }, expected: -0.1 },
    ],
  },
  {
    name: "RS-EoT, options: the share of options told right",
    yaml: "[{ file: options.ts, weight: 0.9 }, { file: think_tags.ts, weight: 0.1 }]",
    formula: "reward = 0.9 * options + 0.1 * think_tags",
    cases: [{ scores: { options: 0.75, think_tags: 1 }, expected: 0.775 }],
  },
  {
    name: "ERGO: a region that answers, kept small",
    yaml: `
- { file: region.ts }
- { file: area_ratio.ts, as: small, weight: 0.5, threshold: { at_most: 0.6 } }
- { file: answer.ts, outcome: true }
- { file: format.ts }`,
    formula: `reward = region + 0.5 * small + answer + format
  small = 1 where score of small <= 0.6, else 0`,
    cases: [
      { scores: { region: 1, small: 0.4, answer: 1, format: 1 }, expected: 3.5, outcome: 1 },
      { scores: { region: 1, small: 0.6, answer: 1, format: 1 }, expected: 3.5 },
      { scores: { region: 1, small: 1, answer: 1, format: 1 }, expected: 3 },
      { scores: { region: 0, small: 0.2, answer: 0, format: 1 }, expected: 1.5, outcome: 0 },
      { scores: { region: 1, small: 1, answer: 1, format: 0 }, expected: 2 },
    ],
  },
  {
    name: "RRVF: tools count in full once the drawing is alike",
    yaml: `
- { file: similarity.ts, weight: 0.8 }
- { file: format.ts, weight: 0.2 }
- { part: similarity, as: alike, threshold: 0.95 }
- { file: tool_calls.ts, scale: { from: [0, 2], to: [0, 1] }, when: { part: alike, below: 1 } }`,
    formula: `reward = 0.8 * similarity + 0.2 * format + alike + tool_calls
  alike = 1 where similarity >= 0.95, else 0
  tool_calls = score of tool_calls, 0 … 2 as 0 … 1
  tool_calls only where alike < 1`,
    cases: [
      { scores: { similarity: 0.7, format: 1, tool_calls: 1 }, expected: 1.26 }, // 0.56 + 0.2 + 0.5
      { scores: { similarity: 0, format: 0, tool_calls: 1 }, expected: 0.5 },
      { scores: { similarity: 0.97, format: 1, tool_calls: 0 }, expected: 1.976 },
      { scores: { similarity: 0.9, format: 1, tool_calls: 0 }, expected: 0.92 },
    ],
  },
  {
    name: "PeBR-R1, perception: picture and words, the answer only logged",
    yaml: `
- { file: cosine.ts, as: clip, weight: 0.4, scale: { from: [-1, 0.4], to: [-2.5, 1] } }
- { file: key_words.ts, weight: 0.4 }
- { file: headings.ts, weight: 0.1 }
- { file: length.ts, weight: 0.1 }
- { file: answer.ts, log_only: true, outcome: true }`,
    formula: `reward = 0.4 * clip + 0.4 * key_words + 0.1 * headings + 0.1 * length
  clip = score of clip, -1 … 0.4 as -2.5 … 1
  only logged: answer`,
    cases: [
      // 0.4 * 0.75 + 0.4 * 2 / 3 + 0.1 + 0.08
      { scores: { clip: 0.3, key_words: 2 / 3, headings: 1, length: 0.8, answer: 0 }, expected: 0.7466666666666667, outcome: 0 },
      { scores: { clip: 0.4, key_words: 0, headings: 1, length: 1, answer: 1 }, expected: 0.6, outcome: 1 },
      { scores: { clip: 0.52, key_words: 0, headings: 0, length: 0, answer: 1 }, expected: 0.4 },
      { scores: { clip: -0.2, key_words: 0, headings: 0, length: 0, answer: 1 }, expected: -0.2 }, // 0.4 * -0.2 / 0.4
    ],
  },
  {
    name: "PeBR-R1, reasoning",
    yaml: "[{ file: answer.ts, weight: 0.9 }, { file: headings.ts, weight: 0.1 }]",
    formula: "reward = 0.9 * answer + 0.1 * headings",
    cases: [
      { scores: { answer: 1, headings: 0 }, expected: 0.9 },
      { scores: { answer: 0, headings: 1 }, expected: 0.1 },
    ],
  },
  {
    name: "Conan: an outcome by the kind of question, frames where it is above nothing",
    yaml: `
- { file: xor_format.ts, weight: 0.5 }
- { file: exact.ts, weight: 0, when: { field: type, is: mc } }
- { file: rouge.ts, weight: 0, when: { field: type, is: free } }
- { part: [exact, rouge], as: answer, outcome: true }
- { file: identification.ts, when: { part: answer, above: 0 } }
- { file: recall.ts, weight: 0, when: { part: answer, above: 0 } }
- { part: [recall, identification], as: retrieval }`,
    formula: `reward = 0.5 * xor_format + answer + identification + retrieval
  exact only where type is mc
  rouge only where type is free
  answer = the first of exact, rouge that applies
  identification only where answer > 0
  recall only where answer > 0
  retrieval = the first of recall, identification that applies`,
    cases: [
      { fields: { type: "mc" }, scores: { xor_format: 1, exact: 1, identification: 7 / 12, recall: 1 }, expected: 37 / 12, outcome: 1 }, // 3.0833
      { fields: { type: "mc" }, scores: { xor_format: 1, exact: 0, identification: 1, recall: 1 }, expected: 0.5, outcome: 0 },
      { fields: { type: "mc" }, scores: { xor_format: 1, exact: 1, identification: 0.5, recall: null }, expected: 2.5 },
      { fields: { type: "free" }, scores: { xor_format: 1, rouge: 0.4, identification: 0.5, recall: 0.25 }, expected: 1.65, outcome: 0.4 },
    ],
  },
];

/** Scores of a shopper's action: terminate, in order and right, unless told otherwise. */
function action(change: Record<string, number>): Record<string, number> {
  const { name = 0, name_rouge = 0, ...rest } = change;
  const names = { click_name: name, field_name: name, click_rouge: name_rouge, field_rouge: name_rouge };
  return { json: 1, type: 1, is_click: 0, types_text: 0, has_text: 0, text_rouge: 0, certainty: 0, ...names, ...rest };
}

/** Scores of a drive without a fault and without slow thoughts, unless told otherwise. */
function driving(change: Record<string, number>): Record<string, number> {
  return { progress: 1, time_to_collision: 1, comfort: 1, no_collision: 1, drivable: 1, length: 1, slow: 0, ...change };
}

describe.each(cards)("$name", ({ yaml, formula: text, cases }) => {
  test("is one formula", () => {
    expect(formula(fakeRewards(yaml).specs)).toBe(text);
  });

  test.each(cases)("$scores: $expected", async ({ fields, scores, expected, outcome }) => {
    const result = await fakeRewards(yaml).reward(scores, fields);
    if (expected === null) expect(result.reward).toBeNull();
    else expect(result.reward).toBeCloseTo(expected, 12);
    if (outcome !== undefined) expect(result.outcome).toBe(outcome);
  });
});

test("all 22 are here", () => {
  expect(new Set(cards.map(({ name }) => name.split(/[:,]/)[0])).size).toBe(22);
});
