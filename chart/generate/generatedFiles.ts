/** Everything that is made of values.yaml, as it should be on disk. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeConfigSettings } from "./configSettings";
import { makeDefaults } from "./defaults";
import { makeReadme } from "./readme";
import { removableValues } from "./removable";
import { makeRenamed, renamedValues } from "./renamed";
import { makeSchema } from "./schema";
import { makeTypes } from "./types";
import { neededValues, readValues } from "./valuesDocument";
import { variablesOf } from "./variables";

export interface GeneratedFile {
  /** From the repository's root. */
  path: string;
  content: string;
}

const $comment = "Generated from values.yaml by `npm run chart:generate`";

const read = (path: string): string => readFileSync(join(__dirname, "..", path), "utf8");

export async function generatedFiles(): Promise<GeneratedFile[]> {
  const sections = readValues(read("values.yaml"));
  const schema = makeSchema(sections);
  const values = sections.flatMap((section) => section.values);
  const lists = { needed: neededValues(values), removable: removableValues(values) };
  const readme = makeReadme({
    template: read("generate/README.template.md"),
    chartYaml: read("Chart.yaml"),
    sections,
    scenarios: readdirSync(join(__dirname, "../ci"))
      .sort()
      .map((file) => ({ file, source: read(`ci/${file}`) })),
  });
  return [
    { path: "chart/values.schema.json", content: `${JSON.stringify(schema, null, 2)}\n` },
    { path: "chart/README.md", content: readme },
    ...Object.entries(lists).map(([name, paths]) => ({
      path: `chart/files/${name}-values.json`,
      content: `${JSON.stringify(paths, null, 2)}\n`,
    })),
    {
      path: "chart/files/variables.json",
      content: `${JSON.stringify({ $comment, variables: variablesOf(values) }, null, 2)}\n`,
    },
    {
      path: "chart/files/renamed-values.json",
      content: `${JSON.stringify(renamedValues(values), null, 2)}\n`,
    },
    { path: "components/arguments/renamedValues.ts", content: makeRenamed(values) },
    { path: "components/arguments/chartValues.ts", content: await makeTypes(schema) },
    { path: "components/arguments/chartDefaults.ts", content: makeDefaults(values) },
    { path: "components/config/chartSettings.ts", content: makeConfigSettings(values) },
  ];
}
