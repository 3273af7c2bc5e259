import { rewards } from "../index.ts";
import { exampleLines } from "./example.ts";
import { allFacts, type Family, optionLines, type RewardFacts, rangeText, type SchemaLine, targetText } from "./facts.ts";

const INTRO = `# Reward gallery

\`\`\`sh
vlrl reward show box_overlap
\`\`\`

prints one of these. The page is made from the rewards' definitions by \`npm run docs:rewards\`: their comments, schemas and examples, and every example is run by a test.
[rewards.md](rewards.md) says what they have in common and how papers put them together, [recipes.md](recipes.md#rewards) how a recipe names them,
[write-a-reward.md](write-a-reward.md) how a new one is written.
`;

const FAMILIES: [Family, title: string][] = [
  ["core", "Basic"],
  ["verifiable", "Verifiable"],
  ["perception", "Perception"],
  ["step-level", "Step level"],
  ["shaping", "Shaping"],
  ["judged", "Judged"],
];

/** Options of many rewards whose type would fill the page, and where it is written. */
const SHARED: Record<string, string> = {
  extract: "[where](rewards.md#where-the-answer-stands)",
  coordinates: "[coordinates](rewards.md#coordinates)",
};

/** docs/reward-gallery.md: every reward of this package by family, from its definition alone. */
export async function galleryPage(): Promise<string> {
  const facts = await allFacts();
  const families = FAMILIES.map(([family, title]) => ({ title, members: facts.filter((one) => one.family === family) }));
  const index = families.map(({ title, members }) => `## ${title}\n\n${indexTable(members)}`);
  const sections = facts.map(section);
  return `${[INTRO.trimEnd(), ...index, "## Each reward", ...sections].join("\n\n")}\n`;
}

function indexTable(members: readonly RewardFacts[]): string {
  const rows = members.map(({ name, line, field, range, source }) => [
    `[\`${name}\`](#${name})`,
    line,
    field === null ? "–" : `\`${field}\``,
    rangeText(range),
    source ?? "–",
  ]);
  return table(["reward", "what it scores", "target", "range", "source"], rows);
}

function section(facts: RewardFacts): string {
  const reward = rewards.get(facts.name);
  const options = optionLines(reward);
  const examples = (reward.examples ?? []).map((one) => exampleLines(one).join("\n")).join("\n\n");
  return [
    `### \`${facts.name}\``,
    prose(facts.comment),
    `${factLine(facts)}${facts.field === null ? "" : ` Target: the row's \`${facts.field}\`, ${code(targetText(reward))}.`}`,
    ...(options.length === 0 ? [] : [table(["option", "type", "default", "meaning"], options.map(optionRow))]),
    `\`\`\`text\n${examples}\n\`\`\``,
  ].join("\n\n");
}

function factLine({ family, scope, range, version, needs, isolate, file }: RewardFacts): string {
  const facts = [
    family,
    `scope ${scope}`,
    `range ${rangeText(range)}`,
    `version ${version}`,
    ...(needs.length === 0 ? [] : [`needs ${needs.join(" and ")}`]),
    ...(isolate ? ["in a thread with a time limit"] : []),
    `[${file}](../${file})`,
  ];
  return `${facts.join(" · ")}.`;
}

function optionRow({ name, type, fallback, required, description }: SchemaLine): string[] {
  const given = fallback === undefined ? (required ? "required" : "–") : code(fallback);
  return [`\`${name}\``, SHARED[name] ?? code(type), given, description ?? ""];
}

/** A comment as Markdown: what is indented in it is a block of its own, as it stands. */
function prose(comment: string): string {
  const blocks: { indented: boolean; lines: string[] }[] = [];
  for (const line of comment.split("\n")) {
    const indented = line.startsWith("  ");
    const last = blocks.at(-1);
    if (line === "") blocks.push({ indented: false, lines: [] });
    else if (last?.indented === indented) last.lines.push(line);
    else blocks.push({ indented, lines: [line] });
  }
  return blocks
    .filter(({ lines }) => lines.length > 0)
    .map(({ indented, lines }) =>
      indented ? `\`\`\`text\n${lines.map((line) => line.slice(2)).join("\n")}\n\`\`\`` : escaped(lines.join("\n")),
    )
    .join("\n\n");
}

/** A tag that is no code would be taken for HTML. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((piece, i) => (i % 2 === 0 ? piece.replace(/<(?=[/!A-Za-z])/g, "&lt;") : piece))
    .join("");
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(titles: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => escaped(cell).replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}
