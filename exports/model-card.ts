import { stringify } from "yaml";
import type { StageSummary } from "../trainers/events.ts";

/** What a card tells of a model; everything in it may be text that somebody typed. */
export interface ModelCardFacts {
  /** the run's name, or the folder's */
  name: string;
  task: "text-generation" | "image-text-to-text";
  model: { parameters: number; model_type: string };
  /** an identifier of the Hub, for example apache-2.0; null where it is not known */
  license: string | null;
  /** what the run started from */
  base: BaseModel;
  adapter: AdapterFacts | null;
  /** null where nothing is known of how the model was made */
  run: RunFacts | null;
  /** whether ONNX files for transformers.js lie beside */
  onnx: boolean;
}

export type BaseModel =
  | { kind: "preset"; preset: string }
  /** `hubId` where the folder is known to be a model of the Hub */
  | { kind: "path"; path: string; hubId: string | null };

/** A low-rank adapter on the base model. */
export interface AdapterFacts {
  rank: number;
  alpha: number;
  modules: number;
  parameters: number;
  /** the adapter that it went on from */
  from: string | null;
  /** whether it is in the weights, or lies apart for PEFT */
  merged: boolean;
}

export interface RunFacts {
  seed: number;
  /** the resolved recipe */
  recipe: Record<string, unknown>;
  /** in order, as RunSummary and CheckpointState have them; `of` so many steps where a stage was not finished */
  stages: (StageSummary & { of?: number })[];
  /** the checkpoints on the way to these weights, oldest first; the last one is what was exported */
  checkpoints: { stage: string; step: number; folder: string }[];
}

/** README.md of a Hugging Face folder: what the model is, how to load it, how it was made and how it did. */
export function modelCard(facts: ModelCardFacts): string {
  const { run } = facts;
  const sections = [
    `---\n${frontMatter(facts)}---`,
    `# ${plain(facts.name)}`,
    introduction(facts),
    "## How to load it",
    loading(facts),
    ...(run === null ? [] : history(run)),
    "## Lineage",
    lineage(facts),
  ];
  return `${sections.join("\n\n")}\n`;
}

function history({ stages, recipe }: RunFacts): string[] {
  return [
    "## Results",
    results(stages),
    "## Data",
    data(recipe),
    "## Recipe",
    stageSettings(recipe),
    "The whole recipe, with every default filled in:",
    fenced("yaml", stringify(recipe)),
  ];
}

const HUB_ID = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

function frontMatter({ license, base, task, adapter, run, onnx }: ModelCardFacts): string {
  const hubId = base.kind === "path" ? base.hubId : null;
  const kinds = (run?.stages ?? []).map(({ kind }) => kind).filter((kind) => kind !== "eval");
  const fields = {
    ...(license === null ? {} : { license: oneLine(license) }),
    // the Hub refuses a card whose base model is no identifier
    ...(hubId !== null && HUB_ID.test(hubId) ? { base_model: hubId } : {}),
    library_name: keptApart(adapter) ? "peft" : "transformers",
    pipeline_tag: task,
    tags: [...new Set(["vlrl", ...kinds, ...(adapter === null ? [] : ["lora"]), ...(onnx ? ["onnx", "transformers.js"] : [])])],
  };
  return stringify(fields, { lineWidth: 0 });
}

function keptApart(adapter: AdapterFacts | null): adapter is AdapterFacts {
  return adapter !== null && !adapter.merged;
}

function introduction({ name, task, model, base, adapter, run }: ModelCardFacts): string {
  const what = `${task === "text-generation" ? "language model" : "vision-language model"} (${plain(model.model_type)}, ${count(model.parameters)} parameters)`;
  const subject = keptApart(adapter) ? `An adapter of ${count(adapter.parameters)} numbers on a ${what}` : `A ${what}`;
  if (run === null) return `${subject}, exported\nwith vlrl from ${plain(base.kind === "path" ? (base.hubId ?? base.path) : base.preset)}.`;
  const from =
    base.kind === "preset" ? `made from nothing by the preset ${plain(base.preset)}` : `trained from ${plain(base.hubId ?? base.path)}`;
  return `${subject}, ${from}\nwith vlrl, recipe ${plain(name)}, seed ${run.seed}.`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
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

function loading({ task, adapter, onnx }: ModelCardFacts): string {
  const { auto, input, ask } = LOADERS[task];
  const [variable, inputClass] = input;
  const apart = keptApart(adapter);
  const python = [
    ...(apart ? ["from peft import PeftModel"] : []),
    `from transformers import ${auto}, ${inputClass}`,
    "",
    `folder = "${FOLDER}"  # or its name on the Hub`,
    ...(apart ? ['base = "path/to/its/base/model"  # as adapter_config.json names it'] : []),
    `${variable} = ${inputClass}.from_pretrained(folder)`,
    `model = ${auto}.from_pretrained(${apart ? "base" : "folder"})`,
    ...(apart ? ["model = PeftModel.from_pretrained(model, folder)"] : []),
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

function results(stages: RunFacts["stages"]): string {
  if (stages.length === 0) return "No stage was finished.";
  const scores = [...new Set(stages.flatMap(({ eval: result }) => Object.keys(result)).filter((key) => key.startsWith("pass@")))];
  const header = ["stage", "kind", "steps", "rows", "accuracy (95 % interval)", ...scores, "reward", "time", "tokens/s"];
  const rows = stages.map(({ name, kind, steps, of, wall_s, tokens_per_s, eval: result }) => {
    const judged = result.n > 0;
    const interval = `${percent(result.accuracy)} (${percent(result.accuracy_low)} to ${percent(result.accuracy_high)})`;
    return [
      plain(name),
      kind,
      done(steps, of),
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

function done(steps: number, of: number | undefined): string {
  return of === undefined ? `${steps}` : `${steps} of ${of}`;
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

function lineage({ base, adapter, run }: ModelCardFacts): string {
  const { stages, checkpoints } = run ?? { stages: [], checkpoints: [] };
  const start =
    base.kind === "preset"
      ? `the preset ${plain(base.preset)}, weights from the run's seed`
      : `${plain(base.path)}${base.hubId === null ? "" : `, which is ${plain(base.hubId)}`}`;
  const trained = stages.filter(({ kind }) => kind !== "eval");
  const lines = [
    `${run === null ? "exported" : "started"} from ${start}`,
    ...(adapter === null ? [] : [adapterLine(adapter)]),
    ...trained.map(({ name, kind, steps, of }) => `stage ${plain(name)}: ${kind}, ${done(steps, of)} steps`),
    ...checkpoints.map(({ stage, step, folder }) => `checkpoint of stage ${plain(stage)} at step ${step}: ${plain(folder)}`),
    ...(adapter?.merged ? ["the adapter was merged into the base model's weights"] : []),
  ];
  const list = lines.map((line, i) => `${i + 1}. ${line}`).join("\n");
  return run === null ? `${list}\n\nHow the model was trained is not known: the folder had no state of a run.` : list;
}

function adapterLine({ rank, alpha, modules, parameters, from }: AdapterFacts): string {
  const size = `rank ${rank}, alpha ${alpha}, ${count(modules)} linear layers, ${count(parameters)} numbers`;
  return `low-rank adapter on it: ${size}${from === null ? "" : `; went on from ${plain(from)}`}`;
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
