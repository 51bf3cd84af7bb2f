/** The index of the documents, and the links between them. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";

const documents = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
  { cwd: PROJECT_DIR, encoding: "utf8" },
)
  .split("\n")
  .filter((file) => file !== "" && fs.existsSync(path.join(PROJECT_DIR, file)))
  // What the pages of the findings link to lies in other repositories' trees.
  .filter((file) => !file.startsWith("findings/"));

/** What a document links to in this repository, relative to the root. */
function linksOf(document: string): string[] {
  const text = fs.readFileSync(path.join(PROJECT_DIR, document), "utf8");
  return [...text.replace(/```[\s\S]*?```/g, "").matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => path.posix.join(path.posix.dirname(document), target));
}

describe("the documents", () => {
  it("are all in their index", () => {
    const links = new Set(linksOf("docs/README.md"));
    const pages = documents.filter((file) => /^docs\/[^/]+\.md$/.test(file));
    assert.ok(pages.length > 5);
    for (const page of pages.filter((file) => file !== "docs/README.md")) {
      assert.ok(links.has(page), `docs/README.md does not name ${page}`);
    }
  });

  for (const document of documents) {
    it(`${document} links to nothing that is not there`, () => {
      for (const target of linksOf(document)) {
        assert.ok(fs.existsSync(path.join(PROJECT_DIR, target)), target);
      }
    });
  }
});
