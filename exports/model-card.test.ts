import { expect, test } from "vitest";
import { parse } from "yaml";
import { type ModelCardFacts, modelCard, type RunFacts } from "./model-card.ts";

const run: RunFacts = {
  seed: 3,
  recipe: {
    name: "digits",
    seed: 3,
    data: { train: { name: "digit_sum", rows: 100 }, eval: null },
    environment: { name: "visual_question" },
    rewards: [{ name: "answer", weight: 1 }],
    stages: [
      { name: "cold_start", kind: "sft", steps: 20, optimizer: { lr: 0.002, betas: [0.9, 0.98] } },
      { name: "rl", kind: "grpo", steps: 5, group_size: 8, optimizer: { lr: 0.0003, betas: [0.9, 0.98] } },
    ],
  },
  stages: [
    stage("cold_start", "sft", 20, { n: 1000, accuracy: 0.5, accuracy_low: 0.469, accuracy_high: 0.531, reward: 1.25, "pass@4": 0.75 }),
    stage("rl", "grpo", 5, { n: 0, accuracy: 0, accuracy_low: 0, accuracy_high: 1, reward: null }),
  ],
  checkpoints: [
    { stage: "cold_start", step: 20, folder: "runs/digits/checkpoints/cold_start-step-000020" },
    { stage: "rl", step: 5, folder: "runs/digits/checkpoints/rl-step-000005" },
  ],
};

const facts: ModelCardFacts = {
  name: "digits",
  task: "image-text-to-text",
  model: { parameters: 1_234_567, model_type: "smolvlm" },
  license: "apache-2.0",
  base: { kind: "path", path: "/models/SmolVLM-256M", hubId: "HuggingFaceTB/SmolVLM-256M-Instruct" },
  adapter: null,
  run,
  onnx: true,
};

function stage(name: string, kind: "sft" | "grpo", steps: number, result: RunFacts["stages"][number]["eval"]) {
  return { name, kind, steps, wall_s: 90, tokens_per_s: 1234.5, eval: result };
}

/** Front matter as the Hub reads it: from the first line to the next line that is three dashes. */
function split(card: string): { front: Record<string, unknown>; body: string } {
  const match = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(card);
  if (match === null) throw new Error("no front matter");
  return { front: parse(match[1]!), body: match[2]! };
}

test("the front matter names license, base, task and tags", () => {
  expect(split(modelCard(facts)).front).toEqual({
    license: "apache-2.0",
    base_model: "HuggingFaceTB/SmolVLM-256M-Instruct",
    library_name: "transformers",
    pipeline_tag: "image-text-to-text",
    tags: ["vlrl", "sft", "grpo", "onnx", "transformers.js"],
  });
});

test("what is not known is left out", () => {
  const { front, body } = split(
    modelCard({
      ...facts,
      license: null,
      base: { kind: "preset", preset: "tiny" },
      task: "text-generation",
      onnx: false,
      run: { ...run, stages: [] },
    }),
  );
  expect(front).toEqual({ library_name: "transformers", pipeline_tag: "text-generation", tags: ["vlrl"] });
  expect(body).toContain("No stage was finished.");
  expect(body).toContain("AutoModelForCausalLM, AutoTokenizer");
  expect(body).not.toContain("```js");
});

test("a base that is no name of the Hub stays out of the front matter", () => {
  for (const hubId of ["a/b/c", "../x", "a b", "x\nlicense: mit", ""]) {
    const { front } = split(modelCard({ ...facts, base: { kind: "path", path: "/models/x", hubId } }));
    expect(front).not.toHaveProperty("base_model");
    expect(front.license).toBe("apache-2.0");
  }
});

test("stages show their settings, evaluation and lineage", () => {
  const { body } = split(modelCard(facts));
  for (const line of [
    "# digits",
    "| stage | kind | steps | rows | accuracy (95 % interval) | pass@4 | reward | time | tokens/s |",
    "| cold_start | sft | 20 | 1000 | 50.0 % (46.9 % to 53.1 %) | 75.0 % | 1.250 | 1.5 min | 1235 |",
    "| rl | grpo | 5 | 0 | – | – | – | 1.5 min | 1235 |",
    "| setting | cold_start | rl |",
    "| optimizer.lr | 0.002 | 0.0003 |",
    "| optimizer.betas | &#91;0.9,0.98&#93; | &#91;0.9,0.98&#93; |",
    "| group_size |  | 8 |",
    "1. started from /models/SmolVLM-256M, which is HuggingFaceTB/SmolVLM-256M-Instruct",
    "2. stage cold_start: sft, 20 steps",
    "5. checkpoint of stage rl at step 5: runs/digits/checkpoints/rl-step-000005",
  ]) {
    expect(body.split("\n")).toContain(line);
  }
  const whole = [...body.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => parse(text!));
  expect(whole).toEqual([expect.objectContaining({ environment: { name: "visual_question" } }), run.recipe]);
});

const adapter = { rank: 8, alpha: 16, modules: 14, parameters: 12_345, from: null, merged: true };

test("an adapter that was merged is part of the lineage, one that lies apart is what the folder is", () => {
  const merged = split(modelCard({ ...facts, adapter: { ...adapter, from: "adapters/first" } }));
  expect(merged.front).toMatchObject({ library_name: "transformers", tags: ["vlrl", "sft", "grpo", "lora", "onnx", "transformers.js"] });
  const lines = merged.body.split("\n");
  expect(lines).toContain("2. low-rank adapter on it: rank 8, alpha 16, 14 linear layers, 12,345 numbers; went on from adapters/first");
  expect(lines).toContain("7. the adapter was merged into the base model's weights");
  const apart = split(modelCard({ ...facts, adapter: { ...adapter, merged: false }, onnx: false }));
  expect(apart.front).toMatchObject({ library_name: "peft", base_model: "HuggingFaceTB/SmolVLM-256M-Instruct" });
  expect(apart.body).toContain("An adapter of 12,345 numbers on a vision-language model (smolvlm, 1,234,567 parameters), trained from");
  expect(apart.body).toContain("model = PeftModel.from_pretrained(model, folder)");
  expect(apart.body).not.toContain("was merged");
});

test("a stage that was not finished says how far it came", () => {
  const stages = [run.stages[0]!, { ...run.stages[1]!, of: 9 }];
  const lines = modelCard({ ...facts, run: { ...run, stages } }).split("\n");
  expect(lines).toContain("| rl | grpo | 5 of 9 | 0 | – | – | – | 1.5 min | 1235 |");
  expect(lines).toContain("3. stage rl: grpo, 5 of 9 steps");
});

test("a folder without a run has a card of what is known", () => {
  const { front, body } = split(modelCard({ ...facts, run: null }));
  expect(front).toMatchObject({ license: "apache-2.0", tags: ["vlrl", "onnx", "transformers.js"] });
  expect(body.split("\n").filter((line) => line.startsWith("#"))).toEqual(["# digits", "## How to load it", "## Lineage"]);
  expect(body).toContain("1. exported from /models/SmolVLM-256M, which is HuggingFaceTB/SmolVLM-256M-Instruct");
  expect(body).toContain("How the model was trained is not known");
});

const HOSTILE = [
  "x\n---\nlicense: mit\n---\n# Title",
  "```\n\n# Title\n\n````yaml",
  "a | b \\| c `|` d",
  "<script>alert(1)</script><!--",
  "[click](javascript:alert(1)) ![i](http://x/y.png) https://x.example",
  "**bold** _it_ ~~no~~ $x$ &lt; &#35; :smile: @who #1",
  "x: {y: [&a *a !!js '\"",
  "\u202eevil\u2028# Title\u0000\r\n| a |",
  "",
];

/** What Markdown makes of a card: its headings, fences, numbered lines and the cells of its tables, all without what they say. */
function skeleton(card: string): string[] {
  let fence: string | null = null;
  return split(card)
    .body.split("\n")
    .flatMap((line) => {
      const ticks = /^(`{3,})(\w*)$/.exec(line);
      if (fence !== null) {
        if (line !== fence) return [];
        fence = null;
        return ["end of block"];
      }
      if (ticks !== null) {
        fence = ticks[1]!;
        return [`block ${ticks[2]}`];
      }
      // no markup from outside of code but what the card itself has: whole cells, headings, numbers
      expect(line).not.toMatch(/[`*<>[\]{}$~\\@]|:\/\/|!\[/);
      if (line.startsWith("|")) return [`cells ${line.split("|").length}`];
      return [/^(#+|\d+\.|---)? ?/.exec(line)![0] || "text"];
    });
}

test.each(HOSTILE)("%j as a name, a path or an option changes no structure", (text) => {
  const harmless = modelCard({ ...facts, adapter }).replaceAll("pass@4", "pass 4");
  const card = modelCard({
    ...facts,
    name: text,
    license: text,
    model: { ...facts.model, model_type: text },
    base: { kind: "path", path: text, hubId: text },
    adapter: { ...adapter, from: text },
    run: {
      ...run,
      recipe: {
        ...run.recipe,
        name: text,
        environment: { name: text, [text]: text },
        stages: [
          { name: text, kind: "sft", steps: 20, optimizer: { lr: 0.002, betas: [0.9, 0.98] } },
          { name: "rl", kind: "grpo", steps: 5, group_size: text, optimizer: { lr: text, betas: [text] } },
        ],
      },
      stages: run.stages.map((one) => ({ ...one, name: text })),
      checkpoints: run.checkpoints.map((one) => ({ ...one, stage: text, folder: text })),
    },
  }).replaceAll("pass@4", "pass 4");
  expect(skeleton(card)).toEqual(skeleton(harmless));
  const { front } = split(card);
  expect(Object.keys(front).sort()).toEqual(["library_name", "license", "pipeline_tag", "tags"]);
  expect(front.license).not.toMatch(/\n/);
});
