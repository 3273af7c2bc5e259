import { explainStage } from "../../trainers/explain.ts";
import { EXIT } from "../exit.ts";
import { loadPlan } from "../plan.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { printable } from "../terminal/text.ts";

export interface ExplainOptions {
  set: string[];
  json?: boolean;
}

/** Says what each stage of a recipe minimises; returns the exit code. */
export async function explainCommand(file: string, { set, json }: ExplainOptions, terminal: Terminal): Promise<number> {
  const { stages, rewards } = await loadPlan(file, set);
  const explained = stages.map((stage) => ({ stage: stage.name, kind: stage.kind, lines: explainStage(stage, rewards) }));
  if (json) {
    terminal.out(`${JSON.stringify(explained)}\n`);
    return EXIT.ok;
  }
  const text = explained.map(({ stage, kind, lines }) => {
    const width = Math.max(...lines.map(([about]) => about.length));
    return [`${stage} (${kind})`, ...lines.map(([about, says]) => `  ${about.padEnd(width)}  ${says}`)].join("\n");
  });
  terminal.out(
    `${printable(`${text.join("\n\n")}\n\nlp, old, ref: logprobs of the token by the policy, the old one, the reference; sg: no gradient passes`)}\n`,
  );
  return EXIT.ok;
}
