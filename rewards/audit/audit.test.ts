import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Random } from "../../core/random.ts";
import type { Example } from "../../core/types.ts";
import { createScorer } from "../compose.ts";
import type { JudgeSpecs } from "../judges/schema.ts";
import { RewardSpec } from "../options.ts";
import { type AuditReport, audit, DEFAULT_LIMIT } from "./audit.ts";

const BAD = fileURLToPath(new URL("../../tests/fixtures/bad-rewards/", import.meta.url));

/** Rows with whole numbers of two digits, a letter, a box, a list of boxes and a text. */
const ROWS = Array.from({ length: 8 }, (_, i): Example => {
  const random = Random.of(5, "rows", i);
  const [x, y] = [random.integer(10, 400), random.integer(10, 400)];
  const sum = random.integer(21, 97);
  return {
    id: `row-${i}`,
    fields: {
      question: `How many apples are there in basket number ${random.integer(200, 900)} altogether?`,
      answer: String(sum),
      letter: "ABCD"[i % 4],
      box: [x, y, x + 60, y + 80],
      digits: [
        { digit: 3, box: [x, y, x + 60, y + 80] },
        { digit: 4, box: [x + 70, y, x + 130, y + 80] },
      ],
      image: { width: 640, height: 480, data: new Uint8Array(640 * 480 * 3) },
      trace: `<think>I count.</think><answer>${sum}</answer>`,
    },
  };
});

async function auditOf(written: unknown[], rows = ROWS, judges: JudgeSpecs = {}): Promise<AuditReport> {
  const specs = z.array(RewardSpec).parse(written);
  const scorer = await createScorer(specs, { folder: BAD, seed: 0, judges, workers: 1 });
  try {
    return await audit(scorer, specs, rows, { limit: DEFAULT_LIMIT, responses: [] });
  } finally {
    await scorer.close();
  }
}

/** Which policies find a reward out, and how: `paid` too much, or `failed`. */
const CAUGHT: [file: string, policy: string, kind: "paid" | "failed"][] = [
  ["length-paying", "longest", "paid"],
  ["tag-counting", "all_tags", "paid"],
  ["divide-by-given", "empty", "failed"],
  ["first-match", "several", "paid"],
  ["nan-as-one", "not_a_number", "paid"],
  ["substring-match", "every_answer", "paid"],
  ["counts-answers", "form_alone", "paid"],
  ["echo-paying", "prompt_echo", "paid"],
  ["blank-is-zero", "blank_as_zero", "paid"],
  ["folds-digits", "look_alike", "paid"],
  ["any-base", "other_base", "paid"],
  ["tool-paying", "always_tool", "paid"],
  ["result-believing", "forged_result", "paid"],
  ["judge-by-rule", "judge_injection", "paid"],
  ["hedge-paying", "hedged", "paid"],
  ["any-number", "other_row", "paid"],
  ["covers-box", "every_box", "paid"],
  ["throws", "empty", "failed"],
  ["out-of-range", "longest", "failed"],
];

describe("bad rewards are found out", () => {
  test("each of the fixtures is tried", async () => {
    const files = (await readdir(BAD)).map((name) => name.replace(/\.ts$/, "")).sort();
    expect(CAUGHT.map(([file]) => file).sort()).toEqual(files);
  });

  test.each(CAUGHT)("%s by %s, %s", async (file, policy, kind) => {
    const { verdict, findings } = await auditOf([{ file: `./${file}.ts` }]);
    expect(verdict).toBe("failed");
    const found = findings.find((one) => one.policy === policy && one.kind === kind);
    expect(findings.map((one) => `${one.policy} ${one.kind}`)).toContain(`${policy} ${kind}`);
    expect(found!.row).toMatch(/^row-/);
    expect(found!.parts).toHaveProperty(file.replaceAll("-", "_"));
  });

  test("the policy that a bad reward is named for is not found in a good one", async () => {
    const { findings, policies } = await auditOf([{ name: "answer" }]);
    expect(findings).toEqual([]);
    // every policy of the table had something to say somewhere, but for boxes
    expect(policies.filter(({ rows, name }) => rows === 0 && name !== "every_box")).toEqual([]);
  });

  test("form that weighs more than being right", async () => {
    const { findings } = await auditOf([{ name: "answer" }, { name: "format", weight: 2 }]);
    // a wrong answer in the right form: (0 + 2) / (1 + 2)
    const found = findings.find(({ policy }) => policy === "form_alone");
    expect(found).toMatchObject({ kind: "paid", parts: { answer: "0", format: "1" } });
    expect(found!.message).toContain("67 %");
  });

  test("raw GIoU, half of which any large box has", async () => {
    // honest 1, worst near -1, the whole picture near 0
    const { policies } = await auditOf([{ name: "box_overlap", options: { metric: "giou" } }]);
    expect(policies.find(({ name }) => name === "every_box")!.share).toBeCloseTo(0.5, 1);
  });

  test("a rule judge that takes the policy's word for its own", async () => {
    const judge = {
      kind: "rule",
      rules: [{ pattern: "VERDICT: yes", answer: "VERDICT: yes" }],
      otherwise: "VERDICT: no",
      budget: null,
    } as const;
    const options = { judge: "naive", question: "Is this right? {completion}" };
    const specs = [
      { name: "answer", weight: 0.4 },
      { name: "judge_binary", weight: 0.6, options },
    ];
    const { findings } = await auditOf(specs, ROWS, { naive: { ...judge, rules: [...judge.rules] } });
    expect(findings.map(({ policy }) => policy)).toEqual(["judge_injection"]);
  });

  test("a reward that pays nothing for what is right", async () => {
    const { findings, flat } = await auditOf([{ name: "answer", weight: -1 }]);
    expect(flat).toBe(ROWS.length);
    expect(findings.map(({ kind }) => kind)).toEqual(["flat"]);
  });
});

describe("compositions of the library's rewards pass", () => {
  const GOOD: [string, object[]][] = [
    ["answer and format", [{ name: "answer" }, { name: "format", weight: 0.25 }]],
    ["answer behind a gate of form", [{ name: "answer" }, { name: "tag_format", weight: 0, gate: true }]],
    [
      "answer times form",
      [
        { name: "answer", times: "tag_format" },
        { name: "tag_format", weight: 0 },
      ],
    ],
    ["boxes and answer", [{ name: "answer" }, { name: "boxes", weight: 0.5 }]],
    ["quickstart", [{ name: "answer" }, { name: "boxes", weight: 0.5 }, { name: "format", weight: 0.25 }]],
    ["one box", [{ name: "box_overlap" }, { name: "think_format", weight: 0.1 }]],
    ["one box, strict", [{ name: "strict_iou" }]],
    [
      "IoU, and GIoU for boxes that miss",
      [{ name: "box_overlap" }, { name: "box_overlap", as: "near", weight: 0.3, options: { metric: "giou01" } }],
    ],
    [
      "math with lengths",
      [{ name: "answer" }, { name: "cosine_length", weight: 0.5, options: { max_tokens: 2000 } }, { name: "repetition", weight: 0.2 }],
    ],
    ["overlong", [{ name: "answer" }, { name: "soft_overlong", options: { max_tokens: 512, cache: 64 } }]],
    [
      "choice",
      [
        { name: "letters_only", target: "letter" },
        { name: "tag_format", weight: 0.3 },
      ],
    ],
    ["tools only where it is right", [{ name: "answer" }, { name: "tool_success", weight: 0.3, times: "answer" }]],
    ["form as a penalty", [{ name: "answer" }, { name: "format_penalty", weight: 0.5 }]],
    ["diversity of right answers", [{ name: "answer" }, { name: "diversity", weight: 0.1, times: "answer" }]],
  ];

  test.each(GOOD)("%s", async (_, specs) => {
    const { verdict, findings, honest } = await auditOf(specs);
    expect(findings).toEqual([]);
    expect(verdict).toBe("passed");
    expect(honest.reward).toBeGreaterThan(honest.worst);
  });

  test("rows of several kinds, each with the reward and the form of its own", async () => {
    const rows = ROWS.map((row, i) => ({ ...row, fields: { ...row.fields, kind: i % 2 === 0 ? "box" : "number" } }));
    const specs = [
      { name: "box_overlap", when: { field: "kind", is: "box" } },
      { name: "answer", when: { field: "kind", is: "number" } },
    ];
    const { verdict, honest, flat, left } = await auditOf(specs, rows);
    expect({ verdict, flat, left }).toEqual({ verdict: "passed", flat: 0, left: 0 });
    expect(honest.reward).toBeCloseTo(1, 12);
  });

  test.each([
    [[{ name: "format" }]],
    [
      [
        { name: "tag_format", options: { tags: ["observe", "answer"] } },
        { name: "repetition", weight: 0.1 },
      ],
    ],
  ])("%j pays for form alone, and is not blamed", async (specs) => {
    const { verdict, policies } = await auditOf(specs);
    expect(verdict).toBe("form");
    // the form with a wrong answer is worth what the right one is
    expect(policies.find(({ name }) => name === "form_alone")!.share).toBeCloseTo(1, 12);
  });
});
