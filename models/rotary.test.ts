import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readLlamaConfig, readQwen3VlConfig, readQwen25VlConfig } from "./config/index.ts";
import type { RopeConfig } from "./config/types.ts";
import { rotaryAngles } from "./rotary.ts";

interface Fixture {
  config: { model_type: "llama" | "qwen2_5_vl" | "qwen3_vl" };
  headDim: number;
  positions: number[][];
  cos: number[][];
  sin: number[][];
  cos32: number[][];
  sin32: number[][];
}

const folder = new URL("../tests/fixtures/rope/", import.meta.url);
const readers = {
  llama: readLlamaConfig,
  qwen2_5_vl: (json: unknown) => readQwen25VlConfig(json).text,
  qwen3_vl: (json: unknown) => readQwen3VlConfig(json).text,
};

/** Numbers of tests/python/rope_reference.py. */
const fixtures = readdirSync(folder).map((name): [string, Fixture] => [
  name.replace(".json", ""),
  JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Fixture,
]);

function compute({ config, headDim, positions }: Fixture) {
  const decoder = readers[config.model_type](config);
  expect(decoder.headDim).toBe(headDim);
  return rotaryAngles(decoder.rope, headDim, Int32Array.from(positions.flat()), positions.length as 1 | 3);
}

const difference = (ours: Float32Array, theirs: number[][]) => theirs.flat().map((value, i) => Math.abs(value - ours[i]!));

test("there is a fixture of every rope type", () => {
  const types = fixtures.map(([, { config }]) => readers[config.model_type](config).rope.type);
  expect(new Set(types)).toEqual(new Set(["default", "linear", "llama3", "yarn", "dynamic"]));
});

test.each(fixtures)("%s: transformers' formulas in float64", (_, fixture) => {
  const { cos, sin } = compute(fixture);
  expect(cos).toHaveLength(fixture.cos.flat().length);
  // stored as float32, of size up to 1.2: half a unit in the last place is 6e-8; 4e-12 of an angle of 4095 comes on top
  expect(Math.max(...difference(cos, fixture.cos), ...difference(sin, fixture.sin))).toBeLessThan(7e-8);
});

test.each(fixtures)("%s: what transformers' module returns, to float32", (_, fixture) => {
  const { cos, sin } = compute(fixture);
  const half = fixture.headDim / 2;
  for (const [ours, theirs] of [[cos, fixture.cos32] as const, [sin, fixture.sin32] as const]) {
    difference(ours, theirs).forEach((d, at) => {
      // measured for head_dim 128: its angles are off by up to 8e-8 of the position
      const position = Math.max(...fixture.positions.map((axis) => axis[Math.floor(at / half)]!));
      expect(d).toBeLessThan(2e-7 + 1e-7 * position);
    });
  }
});

const plain: RopeConfig = { type: "default", theta: 10_000, sections: null, interleaved: false };

test("position times theta^(-2i/d), by hand", () => {
  const { cos, sin } = rotaryAngles(plain, 4, Int32Array.of(0, 3), 1);
  // frequencies 1 and 10000^(-1/2) = 0.01
  const expected = [0, 0, 3, 0.03];
  expected.forEach((angle, i) => {
    expect(cos[i]).toBeCloseTo(Math.cos(angle), 7);
    expect(sin[i]).toBeCloseTo(Math.sin(angle), 7);
  });
});

test.each([false, true])("three equal axes are one, interleaved %s", (interleaved) => {
  const rope: RopeConfig = { ...plain, sections: [2, 3, 3], interleaved };
  const positions = [0, 5, 1000];
  expect(rotaryAngles(rope, 16, Int32Array.from([positions, positions, positions].flat()), 3)).toEqual(
    rotaryAngles(rope, 16, Int32Array.from(positions), 1),
  );
});

test("dynamic: a token's angles do not depend on the tokens around it", () => {
  const rope: RopeConfig = { ...plain, type: "dynamic", factor: 2, originalContextLength: 8 };
  const together = rotaryAngles(rope, 8, Int32Array.of(3, 7, 8, 20), 1);
  [3, 7, 8, 20].forEach((position, m) => {
    const alone = rotaryAngles(rope, 8, Int32Array.of(position), 1);
    expect(together.cos.slice(4 * m, 4 * m + 4)).toEqual(alone.cos);
  });
  // up to the original length they are the plain ones
  expect(together.sin.slice(0, 8)).toEqual(rotaryAngles(plain, 8, Int32Array.of(3, 7), 1).sin);
  expect(together.sin.slice(8, 12)).not.toEqual(rotaryAngles(plain, 8, Int32Array.of(8), 1).sin);
});

test("positions that do not fit the axes are a bug", () => {
  expect(() => rotaryAngles({ ...plain, sections: [1, 1, 0] }, 4, Int32Array.of(1, 2), 3)).toThrow("2 positions are not 3 rows");
  expect(() => rotaryAngles(plain, 4, Int32Array.of(1, 2, 3), 3)).toThrow("mrope sections");
});
