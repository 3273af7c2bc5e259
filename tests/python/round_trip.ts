/**
 * Reads models and adapters and writes them again, for `round_trip.py` to compare: what transformers saved must come out byte for byte.
 *
 * Run: npx tsx tests/python/round_trip.ts <new folder> [<model folder>...]   # without names, every one of tests/fixtures
 *      python tests/python/round_trip.py <new folder>
 */
import { existsSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readArchitecture } from "../../models/index.ts";
import { openModel } from "../../models/open.ts";
import { modelStore, readModelWeights } from "../../models/weights.ts";
import { ownFixtures } from "../golden/folders.ts";

const WEIGHTS = /\.safetensors(\.index\.json)?$/;

const [target, ...named] = process.argv.slice(2);
if (target === undefined) {
  console.error("usage: npx tsx tests/python/round_trip.ts <new folder> [<model folder>...]");
  process.exit(2);
}
const folders = named.length > 0 ? named : readdirSync(ownFixtures).map((name) => join(ownFixtures, name));
const isAdapter = (folder: string) => existsSync(join(folder, "adapter_config.json"));

for (const folder of folders.filter((folder) => isAdapter(folder) || existsSync(join(folder, "config.json")))) {
  const copy = join(target, basename(resolve(folder)));
  await mkdir(target, { recursive: true });
  await mkdir(copy); // one that is there already is an error: old weights would pass for new ones
  const others = (await readdir(folder)).filter((name) => !WEIGHTS.test(name));
  for (const name of others) await copyFile(join(folder, name), join(copy, name));
  if (isAdapter(folder)) {
    const { weights, store } = await openModel(folder, {});
    await store.write(copy, weights);
  } else {
    const model = await readArchitecture(folder);
    const stored = await readModelWeights(folder, model);
    await modelStore(model, stored).write(copy, stored.weights);
  }
  console.log(`${copy}: ${(await readdir(copy)).filter((name) => WEIGHTS.test(name)).join(", ")}`);
}
