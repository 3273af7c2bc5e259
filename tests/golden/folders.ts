import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { architectures } from "../../models/index.ts";

/** Folders below `root` (or itself) with a golden.json of a model that is here. */
export function goldenFolders(root: string): string[] {
  const candidates = [root, ...(existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : [])];
  return candidates.filter((folder) => {
    if (!existsSync(join(folder, "golden.json")) || !existsSync(join(folder, "config.json"))) return false;
    const { model_type } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as { model_type: string };
    return architectures.has(model_type);
  });
}

/** Folders below `root` with a golden.json of an adapter. */
export function adapterFolders(root: string): string[] {
  const candidates = existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : [];
  return candidates.filter((folder) => ["golden.json", "adapter_config.json"].every((name) => existsSync(join(folder, name))));
}

/** Folders below `root` (or itself) with a golden.json of losses and advantages. */
export function lossFolders(root: string): string[] {
  const candidates = [root, ...(existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : [])];
  return candidates.filter((folder) => {
    const file = join(folder, "golden.json");
    if (!existsSync(file) || ["config.json", "adapter_config.json"].some((name) => existsSync(join(folder, name)))) return false;
    const golden = JSON.parse(readFileSync(file, "utf8")) as object;
    return "losses" in golden && "advantages" in golden;
  });
}

export const ownFixtures = fileURLToPath(new URL("../fixtures", import.meta.url));
