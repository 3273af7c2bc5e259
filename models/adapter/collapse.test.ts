import { expect, test } from "vitest";
import { collapse } from "./collapse.ts";

test("what is wrong with every layer is said once, with how many more there are", () => {
  const module = (layer: number, name: string) => `model.layers.${layer}.self_attn.${name}`;
  const of = (layer: number, name: string, message: string) => ({
    field: module(layer, name),
    message,
    cure: `The nearest one is ${layer}.`,
  });
  const wrong = "a weight of [48, 48], the model's is [64,40]";
  const findings = [
    ...Array.from({ length: 30 }, (_, layer) => of(layer, "q_proj", wrong)),
    ...Array.from({ length: 2 }, (_, layer) => of(layer, "k_proj", wrong)),
    // another shape is another matter
    of(7, "q_proj", "a weight of [48, 49], the model's is [64,40]"),
    { field: "lm_head", message: wrong },
    { message: wrong },
  ];
  expect(collapse(findings)).toEqual([
    { ...of(0, "q_proj", `${wrong}, and 29 more layers`) },
    { ...of(0, "k_proj", `${wrong}, and 1 more layer`) },
    of(7, "q_proj", "a weight of [48, 49], the model's is [64,40]"),
    { field: "lm_head", message: wrong },
    { message: wrong },
  ]);
});

test("numbers that are no layer's tell findings apart", () => {
  const findings = [1, 2].map((n) => ({ field: `visual.merger.mlp${n}`, message: "x" }));
  expect(collapse(findings)).toEqual(findings);
});
