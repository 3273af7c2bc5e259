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
};
