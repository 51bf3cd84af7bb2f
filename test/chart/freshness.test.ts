import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "../../chart/generate/generatedFiles";

const root = join(__dirname, "../..");

describe("chart: generated files", () => {
  it("are what values.yaml says now", async () => {
    for (const { path, content } of await generatedFiles()) {
      assert.equal(
        readFileSync(join(root, path), "utf8"),
        content,
        `${path} is stale: run \`npm run chart:generate\``,
      );
    }
  });

  it("are marked as such for reviews", async () => {
    const paths = (await generatedFiles()).map(({ path }) => path);
    const args = ["check-attr", "linguist-generated", ...paths];
    const attributes = execFileSync("git", args, { cwd: root, encoding: "utf8" });
    const marked = paths.map((path) => `${path}: linguist-generated: set\n`);
    assert.equal(attributes, marked.join(""));
  });
});
