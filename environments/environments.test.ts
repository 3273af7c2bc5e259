import { describe, expect, test } from "vitest";
import { environmentSpec, resolveEnvironment } from "./index.ts";

const image = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };

describe("visual_question", () => {
  test("asks with the picture first, and ends after one completion", () => {
    const environment = resolveEnvironment({ name: "visual_question" });
    const fields = { image, question: "How many?", answer: "2", other: [1] };
    expect(environment.check(fields)).toEqual([]);
    expect(environment.start(fields)).toEqual([
      {
        role: "user",
        content: [
          { type: "image", image },
          { type: "text", text: "How many?" },
        ],
      },
    ]);
    expect(environment.reply(fields, "2")).toBe(null);
  });

  test("asks without a picture, with a system message and a suffix as it is", () => {
    const environment = resolveEnvironment({ name: "visual_question", system: "Be brief.", suffix: "\nThink first." });
    expect(environment.start({ question: "How many?" })).toEqual([
      { role: "system", content: [{ type: "text", text: "Be brief." }] },
      { role: "user", content: [{ type: "text", text: "How many?\nThink first." }] },
    ]);
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{ quesion: "?" }, /^question: .*; the row has "quesion"$/],
    [{ ask: "?", answer: "1" }, /^question: .*; the row has ask, answer$/],
    [{ question: 3 }, /^question: .*expected string, received number$/],
    [{ question: "?", image: "a.png" }, /^image: /],
    [{ question: "?", image: { ...image, width: 3 } }, /^image: expected 3 bytes a pixel$/],
  ])("refuses the fields %j", (fields, problem) => {
    const environment = resolveEnvironment({ name: "visual_question" });
    const problems = environment.check(fields);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
    expect(() => environment.start(fields)).toThrow();
  });
});

test("a spec gets its defaults", () => {
  expect(environmentSpec.parse({ name: "visual_question" })).toEqual({ name: "visual_question", system: null, suffix: "" });
});

test.each([
  [{ name: "visual_questions" }, 'no environment is called "visual_questions"; did you mean "visual_question"?'],
  [{ name: "visual_question", sufix: "" }, 'Unrecognized key: "sufix"'],
])("%j is refused", (spec, message) => {
  expect(() => resolveEnvironment(spec)).toThrow();
  expect(environmentSpec.safeParse(spec).error!.issues[0]!.message).toBe(message);
});
