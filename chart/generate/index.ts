/** Writes everything that is made of values.yaml: `npm run chart:generate`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "./generatedFiles";

async function main(): Promise<void> {
  for (const { path, content } of await generatedFiles()) {
    writeFileSync(join(__dirname, "../..", path), content);
  }
}

void main();
