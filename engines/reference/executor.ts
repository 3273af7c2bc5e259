import type { Executor, Feed, HostFeed, Session } from "../executor.ts";
import { type Tensor, topological } from "../graph/tensor.ts";
import { HostValue, onHost, splitStaying } from "../host-value.ts";
import { runReference } from "./run.ts";

/** The reference behind the executors' interface: what an engine on another device is held against. Slow. */
export class ReferenceExecutor implements Executor {
  readonly name = "reference";
  readonly remote = false;
  readonly holds = true;
  readonly traffic = { toDevice: 0, toHost: 0 };

  async create<Name extends string>(outputs: Record<Name, Tensor>): Promise<Session<Name>> {
    const inputs = topological(Object.values<Tensor>(outputs)).filter((tensor): tensor is Tensor<"input"> => tensor.op === "input");
    const run = async (feeds: Readonly<Record<string, Feed>>) => {
      const results = Object.entries<Float64Array>(runReference(outputs, onHost(feeds)));
      return Object.fromEntries(results.map(([name, values]) => [name, Float32Array.from(values)])) as Record<Name, Float32Array>;
    };
    return {
      inputNames: inputs.map(({ attributes: { name } }) => name),
      run,
      runOn: async (feeds, stay) => splitStaying(outputs, await run(feeds), stay),
      release: async () => {},
    };
  }

  keep(): void {}
  forget(): void {}
  async upload(data: HostFeed, shape: readonly number[]): Promise<HostValue> {
    return new HostValue(data.slice(), shape);
  }
  async close(): Promise<void> {}
}
