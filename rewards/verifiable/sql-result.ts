import { z } from "zod";
import { defineReward } from "../define.ts";
import { runJob } from "../sandbox/thread.ts";
import { lastCodeBlock } from "../text/code-block.ts";
import { extract, extractOption } from "../text/extract.ts";

/** Wall time at which a query's thread is ended. SQLite can't count steps from outside. */
const TIMEOUT_MS = 10_000;
const MAX_ROWS = 10_000;
const MAX_QUERY = 20_000;

type Row = (string | number | null)[];

/** For the examples. */
const TWO_ROWS = { setup: "CREATE TABLE t(n); INSERT INTO t VALUES (1), (2)", query: "SELECT n FROM t WHERE n > 1" };

/**
 * Whether the answer's SQL query gives the same rows as the target's, on a database that the row sets up, in SQLite.
 *
 * The query is the last ``` block, or else what `extract` finds. Rows are compared as a bag, as a list where `ordered`, by position of
 * their columns and not by name; numbers within 1e-9 of each other; 1 and "1" are two values. Returns 1 or 0; 0 for a query that fails, takes more
 * than 10 s, or gives more than 10 000 rows. A query may change its own copy of the database. A set-up or a target query that fails is an error.
 * Source: execution accuracy of Spider (arXiv:1809.08887) and BIRD (arXiv:2305.03111).
 */
export const sqlResult = defineReward({
  name: "sql_result",
  target: z.strictObject({
    setup: z.string().max(1_000_000).describe("statements that make and fill the tables"),
    query: z.string().regex(/\S/, "expected a query").describe("gives the right rows"),
    ordered: z.boolean().default(false).describe("the order of rows counts"),
  }) as z.ZodType<{ setup: string; query: string; ordered: boolean }>,
  field: "sql",
  options: z.strictObject({ extract: extractOption() }),
  range: [0, 1],
  examples: [
    { completion: "<answer>SELECT max(n) FROM t</answer>", target: TWO_ROWS, score: 1 },
    { completion: "<answer>SELECT n FROM t</answer>", target: TWO_ROWS, score: 0 },
  ],
  async score({ completion, target, options }) {
    const query = lastCodeBlock(completion) ?? extract(completion, options.extract);
    if (query === null || query.trim() === "" || query.length > MAX_QUERY) return 0;
    const wanted = await rows(target.setup, target.query);
    if ("failed" in wanted) throw new Error(`the target's query failed: ${wanted.failed}`);
    const given = await rows(target.setup, query);
    if ("failed" in given || given.columns !== wanted.columns) return 0;
    return sameRows(wanted.rows, given.rows, target.ordered) ? 1 : 0;
  },
});

async function rows(setup: string, query: string) {
  const heard = await runJob({ kind: "sql", setup, query, maxRows: MAX_ROWS }, TIMEOUT_MS);
  if (heard.kind === "sql") return heard.result;
  if (heard.kind === "timeout") return { failed: `no answer in ${TIMEOUT_MS} ms` };
  throw new Error(`the database failed: ${"message" in heard ? heard.message : heard.kind}`);
}

function sameRows(wanted: Row[], given: Row[], ordered: boolean): boolean {
  if (wanted.length !== given.length) return false;
  const [a, b] = ordered ? [wanted, given] : [sorted(wanted), sorted(given)];
  return a.every((row, i) => row.every((cell, j) => sameCell(cell, b[i]![j]!)));
}

/** By their texts, numbers rounded, so that rows that are the same stand at the same place. */
function sorted(all: Row[]): Row[] {
  const key = (row: Row) => JSON.stringify(row.map((cell) => (typeof cell === "number" ? Number(cell.toPrecision(9)) : cell)));
  return all
    .map((row) => ({ row, key: key(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

function sameCell(a: string | number | null, b: string | number | null): boolean {
  if (typeof a === "number" && typeof b === "number") return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  return a === b;
}
