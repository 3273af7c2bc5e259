const SIDE = 512;
const TIMED_MS = 300;

/** Multiplies two float32 matrices [512, 512] on ONNX Runtime, checks the product, and says how fast that was. */
export async function multiply(): Promise<{ gflops: number }> {
  const { input, matmul } = await import("../../engines/graph/build.ts");
  const { OnnxSession } = await import("../../engines/onnx/session.ts");
  const [a, b] = [input("a", [SIDE, SIDE]), input("b", [SIDE, SIDE])];
  const session = await OnnxSession.create({ product: matmul(a, b) }, { threads: 0 });
  try {
    const feeds = { a: new Float32Array(SIDE * SIDE).fill(0.5), b: new Float32Array(SIDE * SIDE).fill(2) };
    const { product } = await session.run(feeds);
    // Every entry is a sum of 512 ones, exact in float32.
    if (product.some((value) => value !== SIDE)) throw new Error("the product of two matrices came out wrong");
    const started = performance.now();
    let runs = 0;
    for (; performance.now() - started < TIMED_MS; runs++) await session.run(feeds);
    return { gflops: (2 * SIDE ** 3 * runs) / ((performance.now() - started) * 1e6) };
  } finally {
    await session.release();
  }
}
