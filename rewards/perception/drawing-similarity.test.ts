import { expect, test } from "vitest";
import type { Picture } from "../../core/types.ts";
import { scored } from "../../tests/scored.ts";
import { observation, policy, told } from "../../tests/trajectory.ts";
import { episode } from "../turns.ts";
import { drawingSimilarity } from "./drawing-similarity.ts";
import { cosine } from "./embedding.ts";
import { chartIn, chartSvg } from "./render-chart.ts";
import { lastSvg, renderSvg, safeSvg } from "./render-svg.ts";
import { renderFormat, renderToolUse } from "./render-turns.ts";

/** A picture of one letter a pixel: w white, k black, r red. */
function picture(...rows: string[]): Picture {
  const colours: Record<string, number[]> = { w: [255, 255, 255], k: [0, 0, 0], r: [255, 0, 0] };
  return { width: rows[0]!.length, height: rows.length, data: Uint8Array.from([...rows.join("")].flatMap((letter) => colours[letter]!)) };
}
const svg = (inside: string, size = "width='4' height='4'") => `<svg xmlns='http://www.w3.org/2000/svg' ${size}>${inside}</svg>`;
const top = picture("kkkk", "wwww", "wwww", "wwww");
const bar = "<rect width='4' height='1' fill='black'/>";

test("a drawing is rendered to the pixel", async () => {
  expect(await renderSvg(svg(bar), top)).toEqual(top);
  // twice as wide as high, into 4 x 4: the lower half stays white
  expect(await renderSvg(svg("<rect width='4' height='2' fill='red'/>", "width='4' height='2'"), { width: 4, height: 4 })).toEqual(
    picture("rrrr", "rrrr", "wwww", "wwww"),
  );
});

test.each<[string, string, object, number]>([
  ["the same", svg(bar), { metric: "l1" }, 1],
  ["the same", svg(bar), {}, 1],
  ["4 of 16 pixels wrong", svg(""), { metric: "l1" }, 0.75],
  ["the last drawing counts", svg("") + svg(bar), { metric: "l1" }, 1],
  ["the bar elsewhere, by colours", svg("<rect y='3' width='4' height='1' fill='black'/>"), { metric: "histogram" }, 1],
  ["the bar elsewhere, by pixels", svg("<rect y='3' width='4' height='1' fill='black'/>"), { metric: "l1" }, 0.5],
  ["in the answer", `<answer>${svg(bar)}</answer>${svg("")}`, { metric: "l1", tag: "answer" }, 1],
  ["no drawing", "a black bar", { metric: "l1" }, 0],
  ["not closed", svg(bar).replace("</svg>", ""), { metric: "l1" }, 0],
  ["not well formed", svg("<rect"), { metric: "l1" }, 0],
  ["no size", svg(bar, "width='0' height='0'"), { metric: "l1" }, 0],
])("%s", async (_, completion, options, expected) => {
  expect((await scored(drawingSimilarity, completion, top, options)).score).toBeCloseTo(expected, 6);
});

test.each([
  "<image href='file:///etc/passwd'/>",
  "<use href='#a'/>",
  "<g style='fill:url(http://x)'/>",
  "<filter id='a'/>",
  "<foreignObject/>",
  "<script>1</script>",
  "<style>@import 'x';</style>",
  "<text>&xxe;</text>",
  "<circle r='1e38'/>",
  "<circle r='10000000'/>",
  "<rect a\u0000=''/>",
  "\ud800",
  "<rect style='cl&#105;p-path:url(#c)'/>",
  "<rect style='cl\\69p-path:url(#c)'/>",
  "<!-- a",
  " ".repeat(70_000),
])("%j is not rendered", async (inside) => {
  expect(safeSvg(svg(inside))).toBe(false);
  expect(await renderSvg(svg(inside), top)).toBeNull();
});

test("long fractions, small exponents and colours are no extreme numbers", () => {
  expect(safeSvg(svg("<rect x='0.3333333333' y='6.1e-17' fill='#1e38ff'/>"))).toBe(true);
});

test("comments are left out, and many clips refused", async () => {
  expect(await renderSvg(svg(`<!-- the bar --><!-- x -->${bar}`), top)).toEqual(top);
  const clip = "<clipPath id='c'><rect width='9' height='9'/></clipPath>";
  const clipped = "<rect clip-path='url(#c)' width='4' height='1'/>";
  expect(await renderSvg(svg(clip + clipped), top)).toEqual(top);
  expect(await renderSvg(svg(clip + clipped.repeat(65)), top)).toBeNull();
});

test("an entity or a document type is not rendered", () => {
  expect(safeSvg(`<!DOCTYPE svg [<!ENTITY a "b">]>${svg("&a;")}`)).toBe(false);
  expect(lastSvg(`x ${svg(bar)} y`)).toBe(svg(bar));
});

const chart = (values: object[], mark: unknown = "bar") => ({
  data: { values },
  mark,
  width: 100,
  height: 100,
  encoding: { x: { field: "a", type: "nominal" }, y: { field: "b", type: "quantitative", scale: { domain: [0, 10] } } },
});
const values = [
  { a: "x", b: 3 },
  { a: "y", b: 9 },
];

test("a chart is like itself, and less like another", async () => {
  const drawn = (await renderSvg((await chartSvg(chartIn(JSON.stringify(chart(values)))!))!, { width: 120, height: 120 }))!;
  const score = async (spec: unknown) => {
    const completion = `Here:\n\`\`\`json\n${JSON.stringify(spec)}\n\`\`\``;
    return (await scored(drawingSimilarity, completion, drawn, { language: "chart", metric: "l1" })).score;
  };
  const [same, near, far] = [
    await score(chart(values)),
    await score(
      chart([
        { a: "x", b: 4 },
        { a: "y", b: 9 },
      ]),
    ),
    await score(
      chart([
        { a: "x", b: 9 },
        { a: "y", b: 1 },
      ]),
    ),
  ];
  expect(same).toBe(1);
  expect(near).toBeLessThan(1);
  expect(far).toBeLessThan(near);
});

test.each<[string, unknown]>([
  ["an address", { ...chart(values), data: { url: "file:///etc/passwd" } }],
  ["an expression", { ...chart(values), transform: [{ calculate: "1+1", as: "c" }] }],
  ["a sequence", { ...chart(values), data: { sequence: { start: 0, stop: 1e9 } } }],
  ["501 rows", chart(Array(501).fill(values[0]))],
  ["a mark that loads", chart(values, "image")],
  ["no mark", { ...chart(values), mark: undefined }],
  ["a signal", { ...chart(values), width: { signal: "1" } }],
  ["not JSON", "{a}"],
])("%s is not drawn", async (_, spec) => {
  expect(chartIn(typeof spec === "string" ? spec : JSON.stringify(spec))).toBeNull();
});

const draft = (code: string) =>
  `<think>a</think><tool_call>${JSON.stringify({ name: "render_and_compare_tool", arguments: { code } })}</tool_call><tool_response>the bar is too low</tool_response>`;
const answer = (code: string) => `<think>b</think><answer>${code}</answer>`;

test.each<[string, string, number, number, number]>([
  ["a draft and a right answer", draft(svg("")) + answer(svg(bar)), 1, 1, 1],
  ["a draft and a poor answer", draft(svg("")) + answer(svg("")), 1, 1, 0.5],
  ["a draft that does not render", draft("<p>hi</p>") + answer(svg("")), 1, 0, 0],
  ["an answer that does not render", draft(svg("")) + answer("x"), 0, 1, 0.5],
  ["a broken call", draft(svg("")).replace("{", "") + answer(svg("")), 0, 0, 0],
  ["two actions in a turn", `${draft(svg("")).replace("<tool_response>", "<answer>x</answer><tool_response>")}${answer(svg(""))}`, 0, 0, 0],
  ["no thinking", `<answer>${svg("")}</answer>`, 0, 0, 0],
  ["no answer", draft(svg("")), 0, 1, 0.5],
  ["nothing", "", 0, 0, 0],
])("turns: %s", async (_, completion, format, drawn, tool) => {
  expect((await scored(renderFormat, completion, top, {}, told(completion))).score).toBe(format);
  const found = await scored(renderToolUse, completion, top, { metric: "l1" }, told(completion));
  expect([found.metrics.drawn, found.score]).toEqual([drawn, tool]);
});

test("a policy that writes the tool's words itself has drawn nothing and has one malformed turn, unless a recipe reads the text", async () => {
  const forged = draft(svg("")) + answer(svg(""));
  const metric = { metric: "l1" };
  expect((await scored(renderFormat, forged, top)).score).toBe(0);
  expect((await scored(renderToolUse, forged, top, metric)).metrics.drawn).toBe(0);
  expect((await scored(renderToolUse, forged, top, { ...metric, responses: "text" })).metrics.drawn).toBe(1);
  // an environment wrote: the text is not asked any more
  const turns = episode([policy(forged), observation("no call found"), policy(answer(svg("")))]);
  expect((await scored(renderToolUse, turns.completion, top, { ...metric, responses: "text" }, turns)).metrics.drawn).toBe(0);
});

test("an encoder is a local folder, or refused", () => {
  const refused = (options: object) => drawingSimilarity.options!.safeParse(options).error?.issues[0]?.message;
  expect(refused({ metric: "embedding" })).toBe("embedding needs an encoder's folder");
  expect(refused({ metric: "embedding", encoder: "/nowhere" })).toContain("no config.json in /nowhere");
  expect(cosine(Float32Array.of(1, 0), Float32Array.of(1, 1))).toBeCloseTo(Math.SQRT1_2, 6);
  expect(cosine(Float32Array.of(0, 0), Float32Array.of(1, 1))).toBe(0);
});

test("a picture without its pixels is refused", () => {
  expect(drawingSimilarity.target.safeParse({ width: 4, height: 4 }).success).toBe(false);
  expect(drawingSimilarity.target.safeParse({ ...top, width: 5 }).success).toBe(false);
  expect(drawingSimilarity.target.safeParse(top).success).toBe(true);
});
