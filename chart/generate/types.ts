/** Makes components/arguments/chartValues.ts: the chart's values as a TypeScript type, from their schema. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { compile, type JSONSchema } from "json-schema-to-typescript";
import { type Schema, withoutDefaults } from "./jsonSchema";

const root = join(__dirname, "../..");
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
  // Formatted as the rest of the package, so that its linter takes it.
  return execFileSync(
    join(root, "node_modules/.bin/biome"),
    ["format", "--stdin-file-path=components/arguments/chartValues.ts"],
    { cwd: root, input: source, encoding: "utf8" },
  );
}
