import { z } from "zod";
import { RecipeFile } from "./recipe.ts";

/** JSON Schema of a recipe file, for editors: `# yaml-language-server: $schema=…` on a recipe's first line. */
export function recipeSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(RecipeFile, {
    io: "input",
    // The newest draft that editors' YAML plug-ins know in full.
    target: "draft-7",
    override({ jsonSchema }) {
      // Bounds of a double's whole numbers, which zod writes for every int: noise to a reader.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { $schema, title: "vlrl recipe", description: "How vlrl trains a policy: model, data, rewards, stages.", ...schema };
}

/** The same as text, as `vlrl schema` prints it. */
export function recipeSchemaText(): string {
  return `${JSON.stringify(recipeSchema(), null, 2)}\n`;
}
