import { z } from "zod";

const Scalar = z.union([z.string().max(200), z.number(), z.boolean(), z.null()]);
const Colour = z.string().max(40);
const Side = z.number().min(10).max(2000);

const Channel = z.strictObject({
  field: z.string().max(100).optional(),
  type: z.enum(["quantitative", "nominal", "ordinal", "temporal"]).optional(),
  aggregate: z.enum(["count", "sum", "mean", "average", "median", "min", "max"]).optional(),
  bin: z.boolean().optional(),
  title: z.string().max(200).nullable().optional(),
  value: Scalar.optional(),
  datum: Scalar.optional(),
  sort: z.union([z.enum(["ascending", "descending", "x", "y", "-x", "-y"]), z.array(Scalar).max(200), z.null()]).optional(),
  stack: z.union([z.boolean(), z.enum(["zero", "normalize", "center"]), z.null()]).optional(),
  scale: z
    .strictObject({
      type: z.enum(["linear", "log", "sqrt", "point", "band", "ordinal"]).optional(),
      zero: z.boolean().optional(),
      domain: z.array(Scalar).max(200).optional(),
      range: z.array(Colour).max(200).optional(),
      scheme: z.string().max(40).optional(),
    })
    .optional(),
  axis: z
    .strictObject({ title: z.string().max(200).nullable().optional(), grid: z.boolean().optional(), labels: z.boolean().optional() })
    .nullable()
    .optional(),
  legend: z
    .strictObject({ title: z.string().max(200).nullable().optional() })
    .nullable()
    .optional(),
});

const MARKS = ["bar", "line", "point", "circle", "square", "area", "rect", "tick", "arc", "rule", "text"] as const;
const Mark = z.union([
  z.enum(MARKS),
  z.strictObject({
    type: z.enum(MARKS),
    color: Colour.optional(),
    fill: Colour.optional(),
    stroke: Colour.optional(),
    opacity: z.number().min(0).max(1).optional(),
    size: z.number().min(0).max(10_000).optional(),
    strokeWidth: z.number().min(0).max(100).optional(),
    point: z.boolean().optional(),
    filled: z.boolean().optional(),
    innerRadius: z.number().min(0).max(1000).optional(),
    interpolate: z.enum(["linear", "monotone", "step", "step-after", "step-before"]).optional(),
  }),
]);

const CHANNELS = [
  "x",
  "y",
  "x2",
  "y2",
  "color",
  "fill",
  "stroke",
  "opacity",
  "size",
  "shape",
  "theta",
  "text",
  "xOffset",
  "order",
  "detail",
] as const;
const Encoding = z.partialRecord(z.enum(CHANNELS), Channel);
const Layer = z.strictObject({ mark: Mark, encoding: Encoding.optional() });

/**
 * The part of Vega-Lite that is rendered: a mark or layers of them over rows that stand in the chart itself. No address is loaded, no expression is
 * run, nothing can be made to grow: at most 500 rows of 16 columns and 8 layers.
 */
export const ChartSpec = z
  .strictObject({
    $schema: z.string().max(200).optional(),
    title: z.string().max(200).optional(),
    description: z.string().max(2000).optional(),
    width: Side.optional(),
    height: Side.optional(),
    background: Colour.optional(),
    data: z.strictObject({
      values: z.array(z.record(z.string().max(100), Scalar).refine((row) => Object.keys(row).length <= 16)).max(500),
    }),
    mark: Mark.optional(),
    encoding: Encoding.optional(),
    layer: z.array(Layer).min(1).max(8).optional(),
  })
  .refine(({ mark, layer }) => (mark === undefined) !== (layer === undefined), "expected a mark or layers");
export type ChartSpec = z.infer<typeof ChartSpec>;
