import { stringify } from "yaml";
import type { StageSummary } from "../trainers/events.ts";

/** What a card tells of a model; everything in it may be text that somebody typed. */
export interface ModelCardFacts {
  /** the run's name */
  name: string;
  seed: number;
  task: "text-generation" | "image-text-to-text";
  model: { parameters: number; model_type: string };
  /** an identifier of the Hub, for example apache-2.0; null where it is not known */
  license: string | null;
  /** what the run started from */
  base: BaseModel;
  /** the resolved recipe */
  recipe: Record<string, unknown>;
  /** the stages that are done, in order, as RunSummary and CheckpointState have them */
  stages: StageSummary[];
  /** the checkpoints on the way to these weights, oldest first; the last one is what was exported */
  checkpoints: { stage: string; step: number; folder: string }[];
  /** whether ONNX files for transformers.js lie beside */
  onnx: boolean;
}

export type BaseModel =
  | { kind: "preset"; preset: string }
  /** `hubId` where the folder is known to be a model of the Hub */
  | { kind: "path"; path: string; hubId: string | null };

/** README.md of a Hugging Face folder: what the model is, how to load it, how it was made and how it did. */
export function modelCard(facts: ModelCardFacts): string {
  const sections = [
    `---\n${frontMatter(facts)}---`,
    `# ${plain(facts.name)}`,
    introduction(facts),
    "## How to load it",
    loading(facts),
    "## Results",
    results(facts.stages),
    "## Data",
    data(facts.recipe),
    "## Recipe",
    stageSettings(facts.recipe),
    "The whole recipe, with every default filled in:",
    fenced("yaml", stringify(facts.recipe)),
    "## Lineage",
    lineage(facts),
  ];
  return `${sections.join("\n\n")}\n`;
}

const HUB_ID = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

function frontMatter({ license, base, task, stages, onnx }: ModelCardFacts): string {
  const hubId = base.kind === "path" ? base.hubId : null;
  const kinds = stages.map(({ kind }) => kind).filter((kind) => kind !== "eval");
  const fields = {
    ...(license === null ? {} : { license: oneLine(license) }),
    // the Hub refuses a card whose base model is no identifier
    ...(hubId !== null && HUB_ID.test(hubId) ? { base_model: hubId } : {}),
    library_name: "transformers",
    pipeline_tag: task,
    tags: [...new Set(["vlrl", ...kinds, ...(onnx ? ["onnx", "transformers.js"] : [])])],
  };
  return stringify(fields, { lineWidth: 0 });
}

function introduction({ name, seed, task, model, base }: ModelCardFacts): string {
  const what = task === "text-generation" ? "language model" : "vision-language model";
  const from =
    base.kind === "preset" ? `made from nothing by the preset ${plain(base.preset)}` : `trained from ${plain(base.hubId ?? base.path)}`;
  return [
    `A ${what} (${plain(model.model_type)}, ${model.parameters.toLocaleString("en-US")} parameters), ${from}`,
    `with vlrl, recipe ${plain(name)}, seed ${seed}.`,
  ].join("\n");
}

/** Two slashes: with one, transformers.js would take it for a name on the Hub. */
const FOLDER = "path/to/this/folder";

const LOADERS = {
  "text-generation": { auto: "AutoModelForCausalLM", input: ["tokenizer", "AutoTokenizer"], ask: '"What is 7 + 12?"' },
  "image-text-to-text": {
    auto: "AutoModelForImageTextToText",
    input: ["processor", "AutoProcessor"],
    ask: '--image picture.png "What do you see?"',
  },
};

function loading({ task, onnx }: ModelCardFacts): string {
  const { auto, input, ask } = LOADERS[task];
  const [variable, inputClass] = input;
  const python = [
    `from transformers import ${auto}, ${inputClass}`,
    "",
    `folder = "${FOLDER}"  # or its name on the Hub`,
    `${variable} = ${inputClass}.from_pretrained(folder)`,
    `model = ${auto}.from_pretrained(folder)`,
  ];
  const script = [
    `import { ${auto}, ${inputClass} } from "@huggingface/transformers";`,
    "",
    `const folder = "${FOLDER}"; // or its name on the Hub`,
    `const ${variable} = await ${inputClass}.from_pretrained(folder);`,
    `const model = await ${auto}.from_pretrained(folder, { dtype: "fp32" });`,
  ];
  return [
    fenced("python", python.join("\n")),
    ...(onnx ? ["In JavaScript, from the ONNX files:", fenced("js", script.join("\n"))] : []),
    "With vlrl:",
    fenced("sh", `vlrl generate ${FOLDER} ${ask}`),
  ].join("\n\n");
}

function results(stages: StageSummary[]): string {
  if (stages.length === 0) return "No stage was finished.";
  const scores = [...new Set(stages.flatMap(({ eval: result }) => Object.keys(result)).filter((key) => key.startsWith("pass@")))];
  const header = ["stage", "kind", "steps", "rows", "accuracy (95 % interval)", ...scores, "reward", "time", "tokens/s"];
  const rows = stages.map(({ name, kind, steps, wall_s, tokens_per_s, eval: result }) => {
    const judged = result.n > 0;
    const interval = `${percent(result.accuracy)} (${percent(result.accuracy_low)} to ${percent(result.accuracy_high)})`;
    return [
      plain(name),
      kind,
      `${steps}`,
      `${result.n}`,
      judged ? interval : "–",
      ...scores.map((key) => percent(result[key] ?? null)),
      number(result.reward),
      `${(wall_s / 60).toFixed(1)} min`,
      tokens_per_s.toFixed(0),
    ];
  });
  return `After each stage, on held-out rows:\n\n${table(header, rows)}`;
}

function data(recipe: Record<string, unknown>): string {
  const { data: sources, environment, rewards } = recipe;
  return fenced("yaml", stringify({ data: sources, environment, rewards }));
}

/** One row for each setting, one column for each stage. */
function stageSettings({ stages }: Record<string, unknown>): string {
  if (!Array.isArray(stages) || stages.length === 0) return "It has no stages.";
  const columns = stages.map((stage: unknown) => new Map(leaves(stage)));
  const keys = [...new Set(columns.flatMap((column) => [...column.keys()]))].filter((key) => key !== "name");
  const shown = (value: unknown) => (value === undefined ? "" : plain(typeof value === "string" ? value : JSON.stringify(value)));
  return table(
    ["setting", ...columns.map((column) => shown(column.get("name")))],
    keys.map((key) => [plain(key), ...columns.map((column) => shown(column.get(key)))]),
  );
}

/** Every value that is no object, by its path; lists stay whole. */
function leaves(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, path === "" ? key : `${path}.${key}`));
}

function lineage({ base, checkpoints, stages }: ModelCardFacts): string {
  const start =
    base.kind === "preset"
      ? `the preset ${plain(base.preset)}, weights from the run's seed`
      : `${plain(base.path)}${base.hubId === null ? "" : `, which is ${plain(base.hubId)}`}`;
  const done = stages.filter(({ kind }) => kind !== "eval").map(({ name, kind, steps }) => `stage ${plain(name)}: ${kind}, ${steps} steps`);
  const saved = checkpoints.map(({ stage, step, folder }) => `checkpoint of stage ${plain(stage)} at step ${step}: ${plain(folder)}`);
  return [`started from ${start}`, ...done, ...saved].map((line, i) => `${i + 1}. ${line}`).join("\n");
}

function percent(value: number | null): string {
  return value === null ? "–" : `${(100 * value).toFixed(1)} %`;
}

function number(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}

function table(header: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A block of code that its content can't end: its fence is longer than any in it. */
function fenced(language: string, code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${code.trimEnd()}\n${fence}`;
}

/** Line ends, control characters and the invisible ones that turn text around become spaces. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/**
 * Text that stays text wherever Markdown has it, tables and headings too: what could be markup becomes a character reference, which
 * CommonMark never takes for structure. An underscore inside a word is none.
 */
function plain(text: string): string {
  const markup = /[^\p{L}\p{N} _./,+-]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/gu;
  const escaped = oneLine(text).replace(markup, (char) => `&#${char.codePointAt(0)};`);
  return escaped === "" ? "–" : escaped;
}
