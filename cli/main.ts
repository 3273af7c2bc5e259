#!/usr/bin/env node
import { CommanderError } from "commander";
import { EXIT, report } from "./exit.ts";
import { program } from "./program.ts";

// Whoever reads our output may stop reading, as `head` does: there is nothing left to do then.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its message by itself: 0 after --help and --version, else the reader mistyped something.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.user;
  else process.exitCode = report(error, (text) => process.stderr.write(text));
}
