import { readFile } from "node:fs/promises";
import { UserError } from "../../core/errors.ts";
import { EXIT } from "../exit.ts";
import { onInterrupt } from "../interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { openScorer, recipeRewards } from "./reward-open.ts";

export interface RewardServeOptions {
  port: number;
  host: string;
  labelField: string;
  tokenFile?: string;
  maxBody: number;
  unscored?: number;
  stage?: string;
  set: string[];
  json?: boolean;
}

/** Serves a recipe's rewards over HTTP until it is interrupted; returns the exit code. */
export async function rewardServe(recipe: string, options: RewardServeOptions, terminal: Terminal, stop?: AbortSignal): Promise<number> {
  const { listen } = await import("../../rewards/server/listen.ts");
  const rewards = await recipeRewards(recipe, options.set, options.stage);
  const token = await readToken(options.tokenFile);
  const scorer = await openScorer(rewards, recipe);
  const interrupt = onInterrupt(
    () => terminal.err("Stopping: requests under way are answered first.\n"),
    () => {},
  );
  try {
    const server = await listen(scorer, {
      port: options.port,
      host: options.host,
      token,
      labelField: options.labelField,
      maxBody: options.maxBody * 2 ** 20,
      unscored: options.unscored ?? null,
      onAnswer: ({ route, completions, unscored, ms }) => {
        const without = unscored > 0 ? `, ${unscored} without a reward` : "";
        if (!options.json) terminal.err(`/${route}: ${completions} scored in ${Math.round(ms)} ms${without}\n`);
      },
    });
    terminal.out(
      options.json
        ? `${JSON.stringify({ url: server.url, rewards: scorer.names })}\n`
        : `Rewards ${scorer.names.join(", ")} at ${server.url}: POST ${server.paths.join(", ")}. Ctrl-C ends it.\n`,
    );
    await aborted(stop === undefined ? interrupt.signal : AbortSignal.any([stop, interrupt.signal]));
    await server.close();
  } finally {
    interrupt.restore();
    await scorer.close();
  }
  return EXIT.ok;
}

async function readToken(file: string | undefined): Promise<string | null> {
  if (file === undefined) return process.env.VLRL_REWARD_TOKEN || null;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    throw new UserError({ place: { file }, message: "can't be read", cure: "--token-file takes a text file that holds the token alone." });
  }
  if (text.trim() === "") throw new UserError({ place: { file }, message: "is empty", cure: "Write the token into it." });
  return text.trim();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
