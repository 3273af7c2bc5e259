import { expect, test } from "vitest";
import { ask } from "./ask.ts";
import { rewards } from "./index.ts";

const MEGABYTE = 1_000_000;

function fill(piece: string): string {
  return piece.repeat(Math.ceil(MEGABYTE / piece.length)).slice(0, MEGABYTE);
}

const fields = { answer: "15", box: [0, 0, 10, 10], digits: [{ digit: 3, box: [0, 0, 10, 10] }] };

// Each of these makes some careless pattern take quadratic time: 10^12 steps at this length.
test.each([
  ["spaces", fill(" ")],
  ["digits", fill("0")],
  ["zeros in a fraction", `<answer>0.${fill("0")}1</answer>`],
  ["zeros before a number", `<answer>${fill("0")}15</answer>`],
  ["words with dots", fill("a.")],
  ["sums", fill("1+1=2;")],
  ["pluses and equals", fill("+=")],
  ["opened boxes", fill("<box>")],
  ["one box without an end", `<box>${fill("1,")}`],
  ["boxes of blanks", fill("<box>,,,</box>")],
  ["opened answers", fill("<answer>")],
  ["closed answers", fill("</answer>")],
  ["spaces in an answer", `<answer>x${fill(" ")}x</answer>`],
  ["angle brackets", fill("<")],
  ["thoughts", fill("<think></think>")],
  ["surrogate pairs", fill("\u{1d7db}=")],
  ["half a surrogate pair", fill("\ud835")],
  ["nulls", fill("\u0000")],
])("a megabyte of %s is scored in linear time, and never paid for", async (_, completion) => {
  for (const name of ["answer", "box_iou", "boxes", "format", "random", "steps"]) {
    const definition = rewards.get(name);
    const started = performance.now();
    const outcome = await ask(
      { definition, field: definition.field, options: { seed: 0 } },
      { completion, exampleId: "a", fields, seed: 0, tokens: 1, finish: "length" },
    );
    expect(performance.now() - started, definition.name).toBeLessThan(2000);
    if (definition.name === "random") continue;
    const right = completion.endsWith("015</answer>") && definition.name === "answer"; // fifteen, spelt at length
    expect(outcome, definition.name).toMatchObject({ kind: "score", score: right ? 1 : 0 });
  }
});
