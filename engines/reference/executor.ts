import type { Executor, Feed, Session } from "../executor.ts";
import { type Tensor, topological } from "../graph/tensor.ts";
import { runReference } from "./run.ts";

/** The reference behind the executors' interface: what an engine on another device is held against. Slow. */
export class ReferenceExecutor implements Executor {
  readonly name = "reference";

  async create<Name extends string>(outputs: Record<Name, Tensor>): Promise<Session<Name>> {
    const inputs = topological(Object.values<Tensor>(outputs)).filter((tensor): tensor is Tensor<"input"> => tensor.op === "input");
    return {
      inputNames: inputs.map(({ attributes: { name } }) => name),
      async run(feeds: Readonly<Record<string, Feed>>) {
        const results = Object.entries<Float64Array>(runReference(outputs, feeds));
        return Object.fromEntries(results.map(([name, values]) => [name, Float32Array.from(values)])) as Record<Name, Float32Array>;
      },
      release: async () => {},
    };
  }

  keep(): void {}
  forget(): void {}
  async close(): Promise<void> {}
}
