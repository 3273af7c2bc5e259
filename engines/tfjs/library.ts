/** The little of TensorFlow.js that is used here; its packages are optional, and so are their types. */

export interface TfTensor {
  readonly dataId: object;
  data(): Promise<Float32Array | Int32Array>;
  dispose(): void;
}

export interface TfEngine {
  readonly backendName: string;
  runKernel(kernel: string, inputs: Record<string, TfTensor> | TfTensor[], attributes: object): TfTensor;
  makeTensor(values: Float32Array | Int32Array, shape: readonly number[], dtype: "float32" | "int32"): TfTensor;
  memory(): { numTensors: number; numBytes: number };
}

export interface Tfjs {
  engine(): TfEngine;
  env(): { set(flag: string, value: boolean | number): void };
  getKernel(kernel: string, backend: string): unknown;
  registerKernel(kernel: { kernelName: string; backendName: string; kernelFunc: (call: unknown) => unknown }): void;
  unregisterKernel(kernel: string, backend: string): void;
  setBackend(name: string): Promise<boolean>;
  /** of the backend that is active */
  backend(): unknown;
}
