import { report } from "./exit.ts";
import { processTerminal, type Terminal } from "./terminal/terminal.ts";

/** Runs a command's work with this process's terminal and turns what comes of it into the exit code. */
export async function run(work: (terminal: Terminal) => Promise<number>): Promise<void> {
  const terminal = processTerminal();
  try {
    process.exitCode = await work(terminal);
  } catch (error) {
    process.exitCode = report(error, terminal.err);
  }
}
