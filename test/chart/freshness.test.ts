import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "../../chart/generate/generatedFiles";

const root = join(__dirname, "../..");

describe("chart: generated files", () => {
  it("are what values.yaml says now", async () => {
    for (const { path, content } of await generatedFiles())
      assert.equal(
        readFileSync(join(root, path), "utf8"),
        content,
        `${path} is stale: run \`npm run chart:generate\``,
      );
  });
});
