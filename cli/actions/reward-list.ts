import { UserError } from "../../core/errors.ts";
import { unknownName } from "../../core/registry.ts";
import { EXIT } from "../exit.ts";
import { table } from "../terminal/table.ts";
import { paint, type Terminal } from "../terminal/terminal.ts";
import { wrap } from "../terminal/text.ts";

/** Columns that a line of `list` keeps for what the reward does. */
const LINE = 60;

/** Prints the rewards of this package, or those that every word fits; returns the exit code. */
export async function rewardList(words: string[], { json }: { json?: boolean }, terminal: Terminal): Promise<number> {
  const { allFacts, rangeText } = await import("../../rewards/workbench/facts.ts");
  const facts = await allFacts(words);
  if (json) {
    for (const { comment: _, ...one } of facts) terminal.out(`${JSON.stringify(one)}\n`);
    return EXIT.ok;
  }
  if (facts.length === 0) {
    throw new UserError({
      place: { file: "reward list" },
      message: `no reward has ${words.join(" and ")}`,
      cure: "Give fewer words, or none.",
    });
  }
  const room = Math.max(LINE, terminal.width());
  const columns = [
    { title: "reward", cells: facts.map(({ name }) => name) },
    { title: "family", cells: facts.map(({ family }) => family), drop: 2 },
    { title: "target", cells: facts.map(({ field }) => field ?? "–") },
    { title: "scope", cells: facts.map(({ scope }) => scope), drop: 3 },
    { title: "range", cells: facts.map(({ range }) => rangeText(range)), drop: 1 },
  ];
  const left = table(columns, room);
  const used = Math.max(...left.map((line) => line.length));
  const lines = facts.map(({ line }) => (line.length > room - used - 2 ? `${line.slice(0, Math.max(20, room - used - 3))}…` : line));
  terminal.out(`${table([...columns, { title: "what it pays for", cells: lines }], room).join("\n")}\n`);
  return EXIT.ok;
}

/** Prints what a reward says of itself; returns the exit code. */
export async function rewardShow(name: string, { json }: { json?: boolean }, terminal: Terminal): Promise<number> {
  const [{ rewards }, { allFacts, optionLines, rangeText, targetText }, { exampleLines, withoutPixels }] = await Promise.all([
    import("../../rewards/index.ts"),
    import("../../rewards/workbench/facts.ts"),
    import("../../rewards/workbench/example.ts"),
  ]);
  if (!rewards.has(name)) {
    throw new UserError({
      place: { file: "reward show" },
      message: unknownName("reward", name, rewards.names),
      cure: "`vlrl reward list` names them all.",
    });
  }
  const definition = rewards.get(name);
  const facts = (await allFacts()).find((one) => one.name === name)!;
  const options = optionLines(definition);
  const { examples = [] } = definition;
  if (json) {
    terminal.out(`${JSON.stringify({ ...facts, target: targetText(definition), options, examples }, withoutPixels)}\n`);
    return EXIT.ok;
  }
  const rows: [string, string][] = [
    ["family", facts.family],
    ["target", facts.field === null ? "none is read" : `the row's ${facts.field}: ${targetText(definition)}`],
    ["scope", facts.scope],
    ["range", rangeText(facts.range)],
    ["version", String(facts.version)],
    ...(facts.needs.length > 0 ? [["needs", facts.needs.join(", ")] as [string, string]] : []),
    ...(facts.isolate ? [["runs", "in a thread with a time limit"] as [string, string]] : []),
    ["source", facts.file],
  ];
  const lines = [
    paint(facts.name, "bold", terminal),
    "",
    ...wrap(facts.comment, terminal.width()),
    "",
    ...rows.map(([key, value]) => `${key.padEnd(9)}${value}`),
    "",
    ...(options.length === 0 ? ["It takes no options."] : ["options"]),
    ...options.flatMap(({ name: option, type, fallback, required, description }) => [
      `  ${option}: ${type}${required ? ", required" : fallback === undefined ? "" : `, ${fallback} unless given`}`,
      ...(description === undefined ? [] : wrap(description, terminal.width() - 4).map((line) => `    ${line}`)),
    ]),
    ...(examples.length === 0 ? [] : ["", "examples"]),
    ...examples.flatMap((one, i) => [...(i === 0 ? [] : [""]), ...exampleLines(one).map((line) => `  ${line}`)]),
  ];
  terminal.out(`${lines.join("\n")}\n`);
  return EXIT.ok;
}
