/** The runbook says of itself that each of its entries is a case of these tests. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { runbookEntry, runbookHeadings } from "./runbook";

describe("the runbook", () => {
  const sources = fs
    .readdirSync(__dirname)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => fs.readFileSync(path.join(__dirname, name), "utf8"))
    .join("\n");

  for (const heading of runbookHeadings()) {
    it(`has a case for "${heading}"`, () => {
      assert.ok(sources.includes(`"${heading}"`), "no test names it");
      const { symptoms, commands } = runbookEntry(heading);
      assert.ok(symptoms.length > 0 && commands.length > 0);
    });
  }
});
