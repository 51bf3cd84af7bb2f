/** Writes the schema by which Pulumi makes SDKs; a test says when it is stale. */
import * as fs from "node:fs";
import * as path from "node:path";
import { packageSchema } from "./schema";

export const schemaFile = path.join(__dirname, "..", "schema.json");

/** What the file should hold. */
export function generatedSchema(): string {
  return `${JSON.stringify(packageSchema(path.join(__dirname, "..", "..")), null, 2)}\n`;
}

if (require.main === module) {
  fs.writeFileSync(schemaFile, generatedSchema());
}
