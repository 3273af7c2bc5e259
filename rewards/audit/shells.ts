import type { RewardSpec } from "../options.ts";

/** A way to write answers down that some reward reads: a thought, then one answer after the other as if each were the only one. */
export interface Shell {
  name: string;
  write(thought: string, answers: readonly string[]): string;
}

const each = (answers: readonly string[], write: (answer: string) => string, between = "\n") => answers.map(write).join(between);

/** What models are usually asked for. */
const USUAL: Shell[] = [
  { name: "think, answer", write: (thought, answers) => `<think>${thought}</think>${each(answers, (a) => `<answer>${a}</answer>`, "")}` },
  { name: "answer", write: (_, answers) => each(answers, (a) => `<answer>${a}</answer>`, "") },
  { name: "plain", write: (_, answers) => each(answers, (a) => a) },
  { name: "text, plain", write: (thought, answers) => `${thought}\n${each(answers, (a) => a)}` },
  { name: "text, answer", write: (thought, answers) => `${thought}\n${each(answers, (a) => `<answer>${a}</answer>`, "")}` },
  { name: "think, plain", write: (thought, answers) => `<think>${thought}</think>\n${each(answers, (a) => a)}` },
  { name: "boxed", write: (thought, answers) => `${thought}\n${each(answers, (a) => `\\boxed{${a}}`, " ")}` },
  { name: "think, boxed", write: (thought, answers) => `<think>${thought}</think>\n${each(answers, (a) => `\\boxed{${a}}`, " ")}` },
  {
    name: "think, answer boxed",
    write: (thought, answers) => `<think>${thought}</think>\n<answer>${each(answers, (a) => `\\boxed{${a}}`, " ")}</answer>`,
  },
  {
    name: "think, answer in a box",
    write: (thought, answers) =>
      `<think>${thought}</think><answer>${each(answers, (a) => `<|begin_of_box|>${a}<|end_of_box|>`, " ")}</answer>`,
  },
  { name: "FINAL_ANSWER:", write: (thought, answers) => `${thought}\n${each(answers, (a) => `FINAL_ANSWER: ${a}`)}` },
  { name: "Answer:", write: (thought, answers) => `${thought}\n${each(answers, (a) => `Answer: ${a}`)}` },
  { name: "####", write: (thought, answers) => `${thought}\n${each(answers, (a) => `#### ${a}`)}` },
  { name: "JSON", write: (_, answers) => each(answers, (a) => JSON.stringify({ answer: a })) },
];

/** The usual ones, and those that the recipe's own tags ask for. */
export function shellsOf(specs: readonly RewardSpec[]): Shell[] {
  const own = specs.flatMap(({ options }) => {
    const tags = options?.tags;
    return Array.isArray(tags) && tags.every((tag) => typeof tag === "string") && tags.length > 0 ? [tagShell(tags as string[])] : [];
  });
  return [...own.filter(({ name }) => USUAL.every((shell) => shell.name !== name)), ...USUAL];
}

/** The answer in the last tag, the thought in each of the others. */
function tagShell(tags: string[]): Shell {
  const last = tags.at(-1)!;
  return {
    name: tags.join(", "),
    write(thought, answers) {
      const before = tags.slice(0, -1).map((tag) => `<${tag}>${thought}</${tag}>`);
      return [...before, ...answers.map((a) => `<${last}>${a}</${last}>`)].join("");
    },
  };
}
