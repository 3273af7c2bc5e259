import { createHash, timingSafeEqual } from "node:crypto";
import type { Scorer } from "../../core/types.ts";
import type { Route, RouteOptions } from "./define.ts";
import { routes } from "./index.ts";
import { type Answered, scoreAll } from "./scoring.ts";

export interface ServerOptions extends RouteOptions {
  /** what `Authorization: Bearer` must say; null lets everybody in who reaches the address */
  token: string | null;
  /** bytes of a request's body */
  maxBody: number;
  /** what a completion without a reward gets where the trainer can't skip it; null lets the request fail */
  unscored: number | null;
  /** told of every answered request */
  onAnswer?: (answer: { route: string; completions: number; unscored: number; ms: number }) => void;
}

/** The recipe's rewards over HTTP: a path for each trainer, and `/health`. Texts are data and are never run. */
export async function rewardApp(scorer: Pick<Scorer, "score" | "scoreGroup" | "names">, options: ServerOptions) {
  const [{ Hono }, { bodyLimit }] = await Promise.all([import("hono"), import("hono/body-limit")]);
  const app = new Hono();
  app.get("/health", (context) => context.json({ status: "ok", rewards: scorer.names, routes: routes.names.map((name) => `/${name}`) }));
  app.use("*", async (context, next) => {
    if (options.token !== null && !sameText(context.req.header("authorization") ?? "", `Bearer ${options.token}`)) {
      return context.json({ error: "expected the header Authorization: Bearer with this server's token" }, 401);
    }
    await next();
  });
  const limit = `expected a body of at most ${options.maxBody} bytes: send fewer completions at once, or raise --max-body`;
  app.use("*", bodyLimit({ maxSize: options.maxBody, onError: (context) => context.json({ error: limit }, 413) }));
  for (const route of routes.entries) {
    app.post(`/${route.name}`, async (context) => {
      const started = performance.now();
      const text = await context.req.text();
      const parsed = parse(route, text);
      if ("error" in parsed) return context.json({ error: parsed.error }, 400);
      if (scorer.scoreGroup !== undefined && !route.groups) return context.json({ error: ALONE }, 422);
      const answers = await scoreAll(scorer, route.asked(parsed.body, options));
      const missing = answers.filter(({ reward }) => reward === null);
      options.onAnswer?.({ route: route.name, completions: answers.length, unscored: missing.length, ms: performance.now() - started });
      if (route.skips || missing.length === 0) return context.json(route.reply(answers));
      if (options.unscored === null) return context.json({ error: missing.flatMap(({ failures }) => failures).join("; ") }, 422);
      return context.json(route.reply(answers.map((answer) => filled(answer, options.unscored))));
    });
  }
  app.notFound((context) =>
    context.json({ error: `no such path; there are ${routes.names.map((name) => `POST /${name}`).join(", ")}` }, 404),
  );
  app.onError((error, context) => context.json({ error: error.message }, 500));
  return app;
}

const ALONE = "a reward of the recipe looks at all completions of a prompt, and this trainer sends them one by one";

function parse(route: Route, text: string): { body: unknown } | { error: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { error: `expected JSON: ${(error as Error).message}` };
  }
  const { data, error } = route.body.safeParse(json);
  if (error === undefined) return { body: data };
  return { error: error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message)).join("; ") };
}

function filled(answer: Answered, reward: number | null): Answered {
  return answer.reward === null ? { ...answer, reward } : answer;
}

/** In time that does not depend on where texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
