import { isAbsolute, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { unknownName } from "../../core/registry.ts";
import type { Judge, OpenJudges } from "./define.ts";
import { localJudge } from "./local.ts";
import { openaiJudge } from "./openai.ts";
import { judgeKey, Record } from "./record.ts";
import { recordedJudge, remembering } from "./remembering.ts";
import { ruleJudge } from "./rule.ts";
import type { JudgeSpec, JudgeSpecs } from "./schema.ts";

/** A recipe's judges, their records read. Throws UserError where a record can't be. */
export async function openJudges(specs: JudgeSpecs, folder: string): Promise<OpenJudges> {
  const opened = new Map<string, Judge>();
  for (const [name, spec] of Object.entries(specs)) opened.set(name, await open(spec, folder));
  return {
    async close() {
      await Promise.all([...opened.values()].map((judge) => judge.close?.()));
    },
    get(name) {
      const judge = opened.get(name);
      if (judge !== undefined) return judge;
      const names = [...opened.keys()];
      const message = names.length === 0 ? `the recipe has no judges, and none called "${name}"` : unknownName("judge", name, names);
      throw new UserError({ place: { file: "recipe" }, field: "judges", message });
    },
  };
}

async function open(spec: JudgeSpec, folder: string): Promise<Judge> {
  const at = (file: string) => (isAbsolute(file) ? file : resolve(folder, file));
  if (spec.kind === "recorded") return recordedJudge(await Record.open(at(spec.file), { mustExist: true }));
  if (spec.kind === "rule") return ruleJudge(spec);
  const judge = spec.kind === "openai" ? openaiJudge(spec) : localJudge(spec, folder);
  const record = await Record.open(spec.cache === undefined ? null : at(spec.cache), { judge: judgeKey(judge) });
  return remembering(judge, record, spec.budget);
}
