/** A release of this very checkout, in memory. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { PROJECT_DIR } from "../../local/settings";
import { notesOf, VERSIONED_FILES, withVersion } from "../../release/version";

const read = (name: string) => fs.readFileSync(path.join(PROJECT_DIR, name), "utf8");
const files = Object.fromEntries(VERSIONED_FILES.map((name) => [name, read(name)]));
const NEXT = "99.1.0";
const release = (version = NEXT, releases = "") =>
  withVersion({ ...files, "CHANGELOG.md": changelog }, version, releases, "2026-12-01");
const changelog =
  "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Much.\n\n## [0.1.0]\n\nThe first.\n";

describe("a release", () => {
  it("raises the version wherever it stands", () => {
    const changed = release();
    assert.equal(JSON.parse(changed["package.json"] ?? "").version, NEXT);
    const lock = JSON.parse(changed["package-lock.json"] ?? "");
    assert.deepEqual([lock.version, lock.packages[""].version], [NEXT, NEXT]);
    const { dependencies } = JSON.parse(changed["template/package.json"] ?? "");
    assert.equal(dependencies["model-deployment"], `^${NEXT}`);
    assert.equal(parse(changed["chart/Chart.yaml"] ?? "").appVersion, NEXT);
    assert.equal(notesOf(changed["CHANGELOG.md"] ?? "", NEXT), "### Added\n\n- Much.");
    assert.equal(notesOf(changed["CHANGELOG.md"] ?? "", "Unreleased"), "");
  });

  it("changes nothing else", () => {
    for (const [name, text] of Object.entries(release())) {
      const before = name === "CHANGELOG.md" ? changelog : (files[name] ?? "");
      const kept = new Set(text.split("\n"));
      const lost = before.split("\n").filter((line) => !kept.has(line));
      assert.ok(lost.length <= 2, `${name}: ${lost.join("\n")}`);
    }
  });

  it("is refused for a version that is none, or is not after the last", () => {
    const { version } = JSON.parse(files["package.json"] ?? "");
    for (const wrong of ["", "v2.0.0", "2.0", version, "0.0.1"]) {
      assert.throws(() => release(wrong), /^Error: VERSION is ".*"; accepted: a version after /);
    }
  });

  it("is refused if the chart's version is out already", () => {
    const { version } = parse(files["chart/Chart.yaml"] ?? "");
    assert.throws(
      () => release(NEXT, `- version: ${version}\n  commit: abc\n`),
      /is released, and its appVersion changes[\s\S]*raise version in chart\/Chart\.yaml/,
    );
  });

  it("is refused without anything to tell", () => {
    const silent = { ...files, "CHANGELOG.md": "## [Unreleased]\n\n## [0.1.0]\n\nThe first.\n" };
    assert.throws(
      () => withVersion(silent, NEXT, "", "2026-12-01"),
      /nothing under \[Unreleased\]/,
    );
  });
});
