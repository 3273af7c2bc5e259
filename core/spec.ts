import { z } from "zod";
import { type Registry, unknownName } from "./registry.ts";

/** One entry of a table as a recipe names it: its name, and its options beside it. */
export type Spec = { name: string } & Record<string, unknown>;

/**
 * Any entry's options with its `name` among them, defaults filled in: a section of the recipe. An unknown name is an error that offers the
 * nearest known one. Throws where an entry's options are not an object, which is a bug of the table.
 */
export function specUnion({ kind, names, entries }: Registry<{ name: string; options: z.ZodType }>): z.ZodType<Spec> {
  const [first, ...rest] = entries.map(({ name, options }) => {
    if (!(options instanceof z.ZodObject)) throw new Error(`the options of ${kind} "${name}" are not an object`);
    return options.safeExtend({ name: z.literal(name) });
  });
  return z.discriminatedUnion("name", [first!, ...rest], {
    error: ({ input }) => {
      const name = (input as Partial<Spec> | null | undefined)?.name;
      return typeof name === "string" ? unknownName(kind, name, names) : undefined;
    },
  }) as unknown as z.ZodType<Spec>;
}
