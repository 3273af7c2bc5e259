import type { AddressInfo } from "node:net";
import { UserError } from "../../core/errors.ts";
import type { Scorer } from "../../core/types.ts";
import { rewardApp, type ServerOptions } from "./app.ts";
import { routes } from "./index.ts";

export interface ListenOptions extends ServerOptions {
  /** 0 takes a free one */
  port: number;
  host: string;
}

export interface Listening {
  url: string;
  /** of each trainer */
  paths: string[];
  /** takes no more requests, and resolves once those under way are answered */
  close(): Promise<void>;
}

/** Serves the rewards at an address. Throws UserError where it is taken or not ours. */
export async function listen(
  scorer: Pick<Scorer, "score" | "scoreGroup" | "names">,
  { port, host, ...options }: ListenOptions,
): Promise<Listening> {
  const [{ createAdaptorServer }, app] = await Promise.all([import("@hono/node-server"), rewardApp(scorer, options)]);
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(refusal(error, host, port)));
    server.listen(port, host, resolve);
  });
  const { address, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(":") ? `[${address}]` : address}:${taken}`,
    paths: routes.names.map((name) => `/${name}`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeIdleConnections" in server) server.closeIdleConnections();
      }),
  };
}

function refusal(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const place = { file: `${host}:${port}` };
  if (error.code === "EADDRINUSE")
    return new UserError({ place, message: "something listens there already", cure: "Take another --port." });
  if (error.code === "EACCES") return new UserError({ place, message: "this port is not yours to take", cure: "Ports from 1024 on are." });
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return new UserError({ place, message: "this machine has no such address", cure: "--host 127.0.0.1 is always there." });
  return error;
}
