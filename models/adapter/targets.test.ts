import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { RecipeError } from "../../core/errors.ts";
import { type AdapterConfig, strengthOf } from "./config.ts";
import { adapterConfig, LoraOptions } from "./options.ts";
import { parsePeftConfig } from "./peft-config.ts";
import { isTarget, targetsOf } from "./targets.ts";

const decoder = [0, 1].flatMap((layer) =>
  ["self_attn.q_proj", "self_attn.v_proj", "mlp.up_proj"].map((name) => `model.text_model.layers.${layer}.${name}`),
);
const tower = [0, 1].flatMap((layer) =>
  ["self_attn.q_proj", "mlp.fc1"].map((name) => `model.vision_model.encoder.layers.${layer}.${name}`),
);
const modules = [...decoder, ...tower, "model.connector.modality_projection.proj", "lm_head"];

const plain = adapterConfig(LoraOptions.parse({}));
const config = (change: Partial<AdapterConfig>): AdapterConfig => ({ ...plain, ...change });
const ends = (found: string[]) => found.map((module) => module.replace(/^model\.(text_model|vision_model\.encoder)\.layers\./, "$1 "));

test("a name fits whole parts of a path's end: the vision tower's q_proj too", () => {
  expect(ends(targetsOf(modules, config({ targets: ["q_proj"] })))).toEqual([
    "text_model 0.self_attn.q_proj",
    "text_model 1.self_attn.q_proj",
    "vision_model.encoder 0.self_attn.q_proj",
    "vision_model.encoder 1.self_attn.q_proj",
  ]);
  expect(() => targetsOf(modules, config({ targets: ["proj_q", "_proj", "proj"] }))).toThrow(/"_proj" fits none/); // proj is the connector's
  expect(targetsOf(modules, config({ targets: ["1.mlp.up_proj", "lm_head"] }))).toEqual([
    "model.text_model.layers.1.mlp.up_proj",
    "lm_head",
  ]);
});

test("exclusions: ends of paths in a list, whole paths in an expression", () => {
  const q = (exclude: AdapterConfig["exclude"]) => ends(targetsOf(modules, config({ targets: ["q_proj"], exclude })));
  expect(q(".*vision_model.*")).toEqual(["text_model 0.self_attn.q_proj", "text_model 1.self_attn.q_proj"]);
  expect(q(["text_model.layers.0.self_attn.q_proj"])).toHaveLength(3);
  expect(() => q(["vision_model"])).toThrow(/exclude_modules: "vision_model" fits none of the model's 12 linear modules/);
  expect(() => q([".*vision_model.*"])).toThrow(/fits none/);
});

test("a text is a regular expression for the whole path", () => {
  expect(ends(targetsOf(modules, config({ targets: ".*text_model.*\\.(q|v)_proj" })))).toHaveLength(4);
  expect(() => targetsOf(modules, config({ targets: "q_proj" }))).toThrow(
    /target_modules: the regular expression "q_proj" fits none of the model's 12 linear modules\n {2}Did you mean q_proj\?/,
  );
});

test("all-linear is every module but the head", () => {
  expect(targetsOf(modules, config({ targets: "all-linear" }))).toEqual(modules.slice(0, -1));
  expect(targetsOf(modules, config({ targets: "ALL-LINEAR", exclude: ".*vision.*" }))).toHaveLength(7);
  expect(targetsOf(["a.out", "b"], config({ targets: "all-linear" }), { head: "out" })).toEqual(["b"]);
});

test("layers limit what a name's end fits, not a whole path", () => {
  expect(ends(targetsOf(modules, config({ targets: ["q_proj"], layers: [1] })))).toEqual([
    "text_model 1.self_attn.q_proj",
    "vision_model.encoder 1.self_attn.q_proj",
  ]);
  expect(targetsOf(modules, config({ targets: ["q_proj", decoder[0]!], layers: [1] }))).toHaveLength(3);
  expect(ends(targetsOf(modules, config({ targets: ["q_proj"], layers: [1], layersPattern: ["text_model.layers"] })))).toEqual([
    "text_model 1.self_attn.q_proj",
  ]);
  // No layer number: out. `layers.0.x` has but one name before the number, where PEFT wants two.
  expect(isTarget("proj", config({ targets: ["proj"], layers: [0] }))).toBe(true);
  expect(isTarget("model.proj", config({ targets: ["proj"], layers: [0] }))).toBe(false);
  expect(isTarget("layers.0.proj", config({ targets: ["proj"], layers: [0] }))).toBe(false);
});

test("every target that fits nothing is named with the nearest known one, all at once", () => {
  const failure = () => targetsOf(modules, config({ targets: ["q_prj", "mlp.upproj", "zzzzzz"] }), { file: "a.yaml" });
  expect(failure).toThrow(RecipeError);
  expect(failure).toThrow(
    [
      'a.yaml: target_modules: "q_prj" fits none of the model\'s 12 linear modules',
      "  Did you mean q_proj?",
      'a.yaml: target_modules: "mlp.upproj" fits none of the model\'s 12 linear modules',
      "  Did you mean mlp.up_proj?",
      'a.yaml: target_modules: "zzzzzz" fits none of the model\'s 12 linear modules',
      "  A name fits a path that ends in it; theirs end in q_proj, v_proj, up_proj, fc1, proj, lm_head. To fit other parts of a path give one regular expression.",
    ].join("\n"),
  );
  expect(() => targetsOf(modules, config({ targets: ["fc1"], exclude: ".*" }))).toThrow(/no module is left to adapt/);
});

test("rank and alpha of a module: the first pattern that fits, else the general one", () => {
  const patterns = config({
    rank: 4,
    alpha: 8,
    rankPattern: { "layers.0.self_attn.q_proj": 2, q_proj: 16 },
    alphaPattern: { "model.text_model.*up_proj": 32 },
  });
  expect(strengthOf("model.text_model.layers.0.self_attn.q_proj", patterns)).toEqual({ rank: 2, alpha: 8, scaling: 4 });
  expect(strengthOf("model.text_model.layers.1.self_attn.q_proj", patterns)).toEqual({ rank: 16, alpha: 8, scaling: 0.5 });
  expect(strengthOf("model.text_model.layers.1.mlp.up_proj", patterns)).toEqual({ rank: 4, alpha: 32, scaling: 8 });
  expect(strengthOf("x", { ...patterns, rslora: true })).toEqual({ rank: 4, alpha: 8, scaling: 4 }); // 8 / sqrt(4)
});

test("the options' defaults, and what is refused", () => {
  expect(LoraOptions.parse({})).toEqual({
    rank: 16,
    alpha: 32,
    dropout: 0,
    target_modules: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    exclude_modules: null,
    rslora: false,
    path: null,
  });
  for (const wrong of [{ rank: 0 }, { alpha: 0 }, { dropout: 1 }, { target_modules: [] }, { target_modules: "(" }, { ranks: 4 }]) {
    expect(LoraOptions.safeParse(wrong).success).toBe(false);
  }
});

test("200 configs: the modules and scalings that PEFT itself finds", async () => {
  type Golden = { modules: string[]; cases: { config: Record<string, unknown>; scaling: Record<string, number> }[] };
  const golden: Golden = JSON.parse(await readFile("tests/fixtures/peft_match.json", "utf8"));
  expect(golden.cases).toHaveLength(200);
  for (const { config: settings, scaling } of golden.cases) {
    const parsed = parsePeftConfig(JSON.stringify({ peft_type: "LORA", ...settings }), "adapter_config.json");
    const found = golden.modules.filter((module) => isTarget(module, parsed)).map((module) => [module, strengthOf(module, parsed).scaling]);
    expect({ settings, scaling: Object.fromEntries(found) }).toEqual({ settings, scaling });
  }
});
