import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { readDockerIgnore } from "../../../components/image/dockerIgnore";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("docker-ignore");

const cases: [pattern: string, ignored: string[], kept: string[]][] = [
  ["tests/", ["tests", "tests/a/b.py"], ["server/tests", "tests.py"]],
  ["/tests", ["tests/a.py"], ["server/tests/a.py"]],
  ["*.so", ["a.so"], ["server/a.so", "a.so.py"]],
  ["**/*.so", ["a.so", "server/a.so", "a/b/c.so"], ["a.sol"]],
  ["**/__pycache__/", ["__pycache__/a", "x/__pycache__/a"], ["my__pycache__/a"]],
  ["docs/**", ["docs/a", "docs/a/b"], ["docs"]],
  ["requirements*.in", ["requirements.in", "requirements-dev.in"], ["requirements.txt"]],
  ["a?.txt", ["ab.txt"], ["a.txt", "abc.txt", "a/.txt"]],
  ["*.md\n!README.md", ["NOTES.md"], ["README.md"]],
  ["!a.txt\n*.txt", ["a.txt"], []],
  ["# a.txt\n\n", [], ["a.txt", "# a.txt"]],
];

describe(".dockerignore", () => {
  for (const [patterns, ignored, kept] of cases) {
    it(`with ${JSON.stringify(patterns)}`, () => {
      const file = path.join(folder, ".dockerignore");
      fs.writeFileSync(file, patterns);
      const isIgnored = readDockerIgnore(file);
      assert.deepEqual(
        [...ignored, ...kept].filter((name) => isIgnored(name)),
        ignored,
      );
    });
  }

  it("leaves nothing out if there is none", () => {
    assert.equal(readDockerIgnore(path.join(folder, "none"))("a.so"), false);
  });
});
