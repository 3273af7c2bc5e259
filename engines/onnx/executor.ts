import type { Executor, Session, SessionOptions } from "../executor.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type OnnxOptions, OnnxSession } from "./session.ts";

/** ONNX Runtime on one of its execution providers. On the processor it reads fed arrays where they lie: there is nothing to keep. */
export class OnnxExecutor implements Executor {
  readonly name: string;

  constructor(private readonly options: OnnxOptions) {
    this.name = `onnx-${options.device ?? "cpu"}`;
  }

  create<Name extends string>(outputs: Record<Name, Tensor>, { lean }: SessionOptions = {}): Promise<Session<Name>> {
    return OnnxSession.create(outputs, { ...this.options, lean });
  }

  keep(): void {}
  forget(): void {}
  async close(): Promise<void> {}
}
