/** What a sandbox thread can be asked. Each job is plain data, and holds a model's text that is run in there and nowhere else. */
export type Job =
  | { kind: "javascript"; program: string; name: string; calls: string[]; budget: number; memoryMb: number; stopAtFailure: boolean }
  | { kind: "sql"; setup: string; query: string; maxRows: number };

/** What one call of a program came to: its result as JSON, or why there is none. */
export type CallResult = { json: string } | { failed: string };

export type SqlResult = { columns: number; rows: (string | number | null)[][] } | { failed: string };

/** `refused` is our mistake (a database that can't be set up), and what the model wrote never leads to it. */
export type Reply =
  | { kind: "ready" }
  | { kind: "calls"; results: CallResult[] }
  | { kind: "sql"; result: SqlResult }
  | { kind: "refused"; message: string };
