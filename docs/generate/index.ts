/** Writes what is made of the definition of the stack config; a test says when it is stale. */
import * as fs from "node:fs";
import { policies } from "./policies";
import { projectFile } from "./projectFile";
import { reference } from "./reference";
import { modelSchema, schema } from "./schema";
import { measurements } from "./speed";

const BEGIN = "<!-- begin of what `npm run config:generate` writes -->";
const END = "<!-- end of what `npm run config:generate` writes -->";

function withGenerated(path: string, generated: string): string {
  const document = fs.readFileSync(path, "utf8");
  const start = document.indexOf(BEGIN);
  const stop = document.indexOf(END);
  if (start === -1 || stop < start) {
    throw new Error(`${path} lacks the lines that enclose what is generated`);
  }
  return `${document.slice(0, start)}${BEGIN}\n\n${generated}\n\n${document.slice(stop)}`;
}

/** What the files should hold, by path. */
export function generatedFiles(): Record<string, string> {
  return {
    "Pulumi.yaml": projectFile("Pulumi.yaml"),
    "docs/stack-config.schema.json": schema(),
    "docs/model.schema.json": modelSchema(),
    "docs/configuration.md": withGenerated("docs/configuration.md", reference()),
    "docs/policies.md": withGenerated("docs/policies.md", policies()),
    "docs/speed.md": withGenerated("docs/speed.md", measurements()),
  };
}

if (require.main === module) {
  for (const [path, content] of Object.entries(generatedFiles())) {
    fs.writeFileSync(path, content);
  }
}
