/** For the tests that run over every reward of this folder: a target, a completion that earns the most, and the range of scores. */
export interface Sample {
  target: unknown;
  options?: object;
  /** more of the row's fields */
  fields?: Record<string, unknown>;
  good: string;
  best: number;
  range: [least: number, most: number];
  /** fuzzed completions, 2000 unless given */
  rounds?: number;
  /** pieces whose repetition may make this reward slow */
  hostile?: string[];
}

const box = [100, 100, 300, 300];
const think = '<think>[{"label":"dog","bbox":[100,100,300,300]}]</think>';

const white = { width: 8, height: 8, data: new Uint8Array(192).fill(255) };
const drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><rect width='8' height='2' fill='white'/></svg>";

export const samples: Record<string, Sample> = {
  box_overlap: { target: box, options: { metric: "giou" }, good: "<box>100,100,300,300</box>", best: 1, range: [-1, 1] },
  soft_iou: { target: box, good: '{"bbox_2d": [100, 100, 300, 300]}', best: 1, range: [0, 1] },
  strict_iou: { target: box, good: "<think>a</think><answer>(100,100),(300,300)</answer>", best: 1, range: [0, 1] },
  think_box_format: { target: null, good: "<think>a</think><answer>(100,100),(300,300)</answer>", best: 1, range: [0, 1] },
  box_set: { target: [box, [0, 0, 50, 50]], good: "[100,100,300,300] [0,0,50,50]", best: 1, range: [0, 1] },
  salience_iou: { target: [{ box, salience: 2 }], good: "<box>[100,100,300,300]</box>", best: 1, range: [0, 1] },
  heuristics_max: {
    target: { answer: "B", boxes: [{ box }] },
    good: "<box>100,100,300,300</box><answer>B</answer>",
    best: 1,
    range: [0, 1],
  },
  iou_shortcut_adjusted: {
    target: box,
    options: { samples: 50 },
    good: '<think>a</think>{"bbox":[100,100,300,300]}',
    best: 1,
    range: [-1, 1],
  },
  bbox_key_format: { target: null, good: '<think>a</think>{"bbox":[100,100,300,300]}', best: 1, range: [0, 1] },
  hungarian_proposals: { target: [{ label: "dog", box }], good: think, best: 1, range: [0, 1] },
  structured_format: { target: null, good: `${think}<answer>[{"label":"dog","bbox":[100,100,300,300]}]</answer>`, best: 1, range: [0, 1] },
  count: { target: 5, options: { grade: "graded", fallback: "think" }, good: "<answer>5</answer>", best: 1, range: [0, 1] },
  point_hit: {
    target: [{ box }, { point: [400, 400], radius: 9 }],
    options: { mode: "f1" },
    good: "(200,200) (400,401)",
    best: 1,
    range: [0, 1],
  },
  mask_iou: {
    target: { size: [40, 40], counts: [0, 800, 800] },
    options: { metric: "boundary" },
    good: "<polygon>(0,0),(20,0),(20,40),(0,40)</polygon>",
    best: 1,
    range: [0, 1],
  },
  keypoints_oks: {
    target: {
      keypoints: [
        [10, 10, 2],
        [20, 10, 1],
      ],
      area: 100,
      sigmas: [0.1, 0.05],
    },
    good: "[[10, 10], [20, 10]]",
    best: 1,
    range: [0, 1],
  },
  temporal_iou: {
    target: [
      [10, 20],
      [30, 40],
    ],
    options: { pick: "all" },
    good: "[10, 20] and 00:30 - 00:40",
    best: 1,
    range: [0, 1],
  },
  time_stamp: { target: [75], good: "at 01:15", best: 1, range: [0, 1] },
  last_window_iou: {
    target: [100, 120],
    options: { responses: "text" },
    good: '<tool_call>{"name":"crop_video","arguments":{"start_time":100,"end_time":120}}</tool_call><tool_response>frames</tool_response>',
    best: 1,
    range: [0, 1],
  },
  vla_task: {
    target: [
      [0.1, 0.1],
      [0.3, 0.1],
      [0.5, 0.1],
    ],
    good: "<think>a</think><output>[[0.1,0.1],[0.3,0.1],[0.5,0.1]]</output>",
    best: 1,
    range: [0, 1],
    hostile: ["<output>", "[["],
  },
  vla_format: { target: null, good: "<think>a</think><output>[]</output>", best: 1, range: [0, 1], hostile: ["<output>"] },
  trajectory: {
    target: [
      [0, 0],
      [10, 0],
      [20, 5],
    ],
    good: "(0, 0), (10, 0), (20, 5)",
    best: 1,
    range: [0, 1],
  },
  pdm: {
    target: {
      lane: [
        [-5, -3],
        [50, -3],
        [50, 3],
        [-5, 3],
      ],
      reference: [
        [0, 0],
        [8, 0],
      ],
      obstacles: [{ center: [30, 0], radius: 1 }],
    },
    options: { steps: 4 },
    good: "(2,0) (4,0) (6,0) (8,0)",
    best: 1,
    range: [0, 1],
  },
  driving_l2: {
    target: [
      [1, 0],
      [2, 0],
    ],
    options: {
      read: "actions",
      codebook: [
        [0, 0, 0],
        [1, 0, 0],
      ],
    },
    good: "<action_1><action_1>",
    best: 1,
    range: [0, 1],
    hostile: ["<action_"],
  },
  gui_step: {
    target: { step: { action: "click", coordinate: [0.5, 0.5] }, subgoal: "open the tab" },
    good: '<think><step>open the tab</step></think><tool_call>{"name": "mobile_use", "arguments": {"action": "click", "coordinate": [320, 240]}}</tool_call>',
    best: 1,
    range: [0, 1],
    hostile: ['{"name": "mobile_use"', "<step>"],
  },
  box_area_cap: { target: { width: 640, height: 480 }, good: "<zoom>[0, 0, 200, 200]</zoom>", best: 1, range: [0, 1], hostile: ["<zoom>"] },
  zoom_answer: { target: { answer: "red", width: 640, height: 480 }, good: "<answer>red</answer>", best: 1, range: [0, 1] },
  zoom_tool: {
    target: { answer: "red", width: 640, height: 480 },
    options: { responses: "text" },
    good: '<tool_call>{"name":"image_zoom_in_tool","arguments":{"bbox_2d":[0,0,99,99]}}</tool_call><tool_response></tool_response><answer>red</answer>',
    best: 1,
    range: [0, 1],
    hostile: ["<tool_call>", "<tool_response>"],
  },
  description_similarity: {
    target: ["red", "circle"],
    good: "### Image Description: red circle\n### Rationales: r",
    best: 1,
    range: [0, 1],
    hostile: ["### Image Description:"],
  },
  length_soft_cap: { target: null, good: "short", best: 1, range: [0, 1] },
  ocr_anls: { target: "the cat sat", good: "The cat sat", best: 1, range: [0, 1] },
  ocr_error_rate: { target: ["the cat sat"], good: "the cat sat", best: 1, range: [0, 1] },
  drawing_similarity: { target: white, good: drawing, best: 1, range: [0, 1], rounds: 500, hostile: ["<svg>", "<!--", "<svg></svg>"] },
  render_format: {
    target: white,
    options: { responses: "text" },
    good: `<think>a</think><tool_call>${JSON.stringify({ name: "render_and_compare_tool", arguments: { code: drawing } })}</tool_call><tool_response>ok</tool_response><think>b</think><answer>${drawing}</answer>`,
    best: 1,
    range: [0, 1],
    rounds: 500,
    hostile: ["<tool_response>", "<tool_call>"],
  },
  render_tool_use: { target: white, options: { metric: "l1" }, good: `<answer>${drawing}</answer>`, best: 1, range: [0, 1], rounds: 500 },
  detection: { target: [{ label: "dog", box }], good: '[{"bbox_2d":[100,100,300,300],"label":"Puppy"}]', best: 1, range: [0, 1] },
  letters_only: { target: "B", good: "<answer>(b)</answer>", best: 1, range: [0, 1] },
};
