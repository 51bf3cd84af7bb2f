/** Makes components/arguments/chartValues.ts: the chart's values as a TypeScript type, from their schema. */
import { compile, type JSONSchema } from "json-schema-to-typescript";
import { formatted } from "./formatted";
import { type Schema, withoutDefaults } from "./jsonSchema";

const banner =
  "// Generated from chart/values.yaml by `npm run chart:generate`. Do not edit: edit chart/values.yaml.";

export async function makeTypes(schema: Schema): Promise<string> {
  const source = await compile(
    { ...withoutDefaults(schema), title: "ChartValues" } as JSONSchema,
    "ChartValues",
    {
      bannerComment: banner,
      additionalProperties: false,
      // As tuples of every length they would say no more and be a thousand lines.
      ignoreMinAndMaxItems: true,
      format: false,
    },
  );
  return formatted("components/arguments/chartValues.ts", source);
}
