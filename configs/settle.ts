import { settledFields } from "../trainers/presets.ts";
import { child, type MapTree, plain, type Tree } from "./tree.ts";

/** The recipe with what `compat`, loss and advantage of each grpo stage settle written out, at the stage's own place. */
export function settle(tree: MapTree): MapTree {
  const stages = child(tree, "stages");
  if (stages?.kind !== "list") return tree;
  const items = stages.items.map(settledStage);
  const key = tree.entries.get("stages")!.key;
  return { ...tree, entries: new Map([...tree.entries, ["stages", { key, value: { ...stages, items } }]]) };
}

function settledStage(stage: Tree): Tree {
  if (stage.kind !== "map" || child(stage, "kind") === undefined) return stage;
  const given = plain(stage) as Record<string, unknown>;
  if (given.kind !== "grpo") return stage;
  const { place } = stage;
  const added = Object.entries(settledFields(given)).map(([key, value]): [string, { key: typeof place; value: Tree }] => [
    key,
    { key: place, value: { kind: "scalar", place, value } },
  ]);
  return { ...stage, entries: new Map([...stage.entries, ...added]) };
}
