import { expect, test } from "vitest";
import { lastQuantity, parseQuantity } from "./quantity.ts";
import { unitOf } from "./units.ts";

test.each<[string, number]>([
  ["15", 15],
  [" -15. ", -15],
  ["+.5", 0.5],
  ["5.", 5],
  ["−3", -3],
  ["1,234", 1234],
  ["1,234,567.5", 1_234_567.5],
  ["1.5e3", 1500],
  ["1.5E-3", 0.0015],
  ["1.5 x 10^3", 1500],
  ["3 × 10^8", 3e8],
  ["3 \\times 10^{8}", 3e8],
  ["3/4", 0.75],
  ["-1 3/4", -1.75],
  ["1-3/4", 1.75], // recipes write one and three quarters so
  ["$5", 5],
  ["-$5.50", -5.5],
  ["$-5", -5],
  ["€1,000", 1000],
  ["\\$12", 12],
  ["$12$", 12],
  ["1.2 million", 1_200_000],
  ["$3k", 3000],
  ["12 %", 12],
])("%j is %f", (text, value) => {
  expect(parseQuantity(text)?.value).toBeCloseTo(value, 12);
});

test.each([
  "",
  " ",
  "-",
  ".",
  "NaN",
  "Infinity",
  "1e999",
  "0x10",
  "1 2",
  "1,2",
  "1,00",
  "12,34",
  "1/0",
  "abc",
  "a 5",
  "5 or 6",
  "1..2",
  "١٥",
  "１５",
  "5; 6",
  "9".repeat(400),
  "1 2/0",
])("%j is no number", (text) => {
  expect(parseQuantity(text)).toBeNull();
});

test("units and percents are read off", () => {
  expect(parseQuantity("12 %")).toMatchObject({ value: 12, percent: true, unit: null });
  expect(parseQuantity("12 percent")?.percent).toBe(true);
  expect(parseQuantity("3 km")?.unit).toEqual({ dimension: "length", factor: 1000 });
  expect(parseQuantity("3km/h")?.unit?.dimension).toBe("speed");
  expect(parseQuantity("4 cm²")?.unit).toEqual({ dimension: "area", factor: 1e-4 });
  expect(parseQuantity("5 apples")).toMatchObject({ value: 5, unitText: "apples", unit: null });
  expect(parseQuantity("$5")?.unit).toEqual({ dimension: "dollar", factor: 1 });
});

test.each<[string, string, number]>([
  ["inch", "length", 0.0254],
  ["feet", "length", 12 * 0.0254],
  ["miles", "length", 1609.344],
  ["cm2", "area", 1e-4],
  ["litres", "volume", 1e-3],
  ["lbs", "mass", 0.45359237],
  ["mph", "speed", 1609.344 / 3600],
  ["KM", "length", 1000],
  ["degrees", "angle", Math.PI / 180],
])("%s measures %s", (text, dimension, factor) => {
  const unit = unitOf(text);
  expect(unit?.dimension).toBe(dimension);
  expect(unit?.factor).toBeCloseTo(factor, 12);
});

// force / area = kg m s^-2 / m^2; 72 km/h = 20 m/s; 1 g/cm^3 = 1e-3 kg / 1e-6 m^3; a joule is a newton metre
test.each([
  ["kg/(m s^2)", "pressure", 1],
  ["kg·m/s²", "force", 1],
  ["N·m", "energy", 1],
  ["g/cm^3", "kg1 m-3", 1000],
  ["km h^{-1}".replace(/[{}]/g, ""), "speed", 1 / 3.6],
  ["meters per second squared", "m1 s-2", 1],
  ["J/kg K", "kelvin-1 m2 s-2", 1],
  ["ms^-1", "speed", 1],
  ["kΩ", "resistance", 1000],
  ["µF", "capacitance", 1e-6],
])("%s is a product of units", (text, dimension, factor) => {
  expect(unitOf(text)?.dimension).toBe(dimension);
  expect(unitOf(text)!.factor / factor).toBeCloseTo(1, 12);
});

test.each(["x/y", "m//s", "/", "m/", "apples/day", `m${"·m".repeat(99)}`])("%s is no unit", (text) => {
  expect(unitOf(text)).toBeNull();
});

test("mW and MW are not one unit, and words are none", () => {
  expect(unitOf("MW")?.factor).toBe(1e6);
  expect(unitOf("mW")?.factor).toBe(1e-3);
  for (const text of ["mw", "", "apples", "constructor", "__proto__", "toString"]) expect(unitOf(text)).toBeNull();
});

test.each<[string, number | null]>([
  ["so 3 apples and 4 more make 7.", 7],
  ["it costs $1,234.50 in total", 1234.5],
  ["about 3/4 of it", 0.75],
  ["from 5 to 10%", 10],
  ["no number", null],
  ["a5", null], // a digit in a word
])("the last number of %j is %j", (text, value) => {
  expect(lastQuantity(text)?.value ?? null).toBe(value);
});
