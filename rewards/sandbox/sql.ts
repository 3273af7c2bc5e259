import type { Job, Reply, SqlResult } from "./protocol.ts";

const MAX_HEAP_BYTES = 128 * 2 ** 20;

/**
 * Runs one query on a new database that `setup` fills, in SQLite as WebAssembly: no files, no network, no extensions. A query may be
 * anything SQLite takes; only the rows of its last statement count. A setup that fails is refused.
 */
export async function runSql({ setup, query, maxRows }: Extract<Job, { kind: "sql" }>): Promise<Reply> {
  const { default: open } = await import("sql.js");
  const { Database } = await open();
  const database = new Database();
  try {
    database.run(setup);
    database.run(`pragma hard_heap_limit = ${MAX_HEAP_BYTES}`); // a statement may lower it, and can't raise it
    return { kind: "sql", result: rowsOf(database, query, maxRows) };
  } finally {
    database.close();
  }
}

type Database = InstanceType<Awaited<ReturnType<typeof import("sql.js")["default"]>>["Database"]>;

function rowsOf(database: Database, query: string, maxRows: number): SqlResult {
  try {
    let result: SqlResult = { failed: "no rows" };
    for (const statement of database.iterateStatements(query)) {
      const rows: (string | number | null)[][] = [];
      while (statement.step()) {
        if (rows.length >= maxRows) return { failed: "too many rows" };
        rows.push(statement.get().map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value)));
      }
      result = { columns: statement.getColumnNames().length, rows };
    }
    return result;
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}
