/** Where the command line prints. Results go to `out`; what is said about the work goes to `err` where `out` is for a program. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** a person watches and the cursor may move */
  live: boolean;
  color: boolean;
  /** columns, now */
  width(): number;
  /** lines, now */
  height(): number;
}

type Environment = Record<string, string | undefined>;

const set = (value: string | undefined) => value !== undefined && value !== "";

/** Whether the cursor may move: never in a pipe, in CI, on a dumb terminal, or where NO_COLOR asks for plain text. */
export function isLive(tty: boolean, env: Environment): boolean {
  const ci = set(env.CI) && env.CI !== "false" && env.CI !== "0";
  return tty && !ci && !set(env.NO_COLOR) && env.TERM !== "dumb";
}

/** This process's own. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const live = isLive(stdout.isTTY === true, env);
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    live,
    color: live,
    width: () => (stdout.isTTY && stdout.columns > 0 ? stdout.columns : 100),
    height: () => (stdout.isTTY && stdout.rows > 0 ? stdout.rows : 24),
  };
}

const STYLES = { bold: [1, 22], dim: [2, 22], green: [32, 39], yellow: [33, 39] } as const;

export function paint(text: string, style: keyof typeof STYLES, { color }: Pick<Terminal, "color">): string {
  const [on, off] = STYLES[style];
  return color ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}
