import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { knownChart, readChart } from "../../../components/release/chart";
import { packageFolder } from "../../../shared/packageFolder";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("chart");

function chart(name: string, files: Record<string, string> = {}): string {
  const location = path.join(folder, name);
  const all = {
    "Chart.yaml": 'apiVersion: v2\nname: demo # short\nversion: "1.2.3"\n',
    "values.yaml": "replicaCount: 1\n",
    "templates/deployment.yaml": "kind: Deployment\n",
    ...files,
  };
  for (const [file, content] of Object.entries(all)) {
    fs.mkdirSync(path.dirname(path.join(location, file)), { recursive: true });
    fs.writeFileSync(path.join(location, file), content);
  }
  return location;
}

describe("the chart", () => {
  it("is read as Helm reads it", () => {
    const own = readChart(packageFolder("chart"));
    const metadata = parse(fs.readFileSync(path.join(own.path, "Chart.yaml"), "utf8"));
    assert.deepEqual([own.name, own.version], [metadata.name, metadata.version]);
    assert.equal(own.path, "./chart");
  });

  it("has name, version and a short fingerprint", () => {
    const { name, version, fingerprint } = readChart(chart("demo"));
    assert.deepEqual([name, version], ["demo", "1.2.3"]);
    assert.match(fingerprint, /^[0-9a-f]{12}$/);
  });

  it("has the same fingerprint in another place, with other modes and times", () => {
    const here = chart("here");
    const there = chart("there");
    fs.chmodSync(path.join(there, "values.yaml"), 0o600);
    fs.utimesSync(path.join(there, "values.yaml"), 1, 1);
    assert.equal(readChart(here).fingerprint, readChart(there).fingerprint);
  });

  it("is read once for all models of a program, and again in the next one", async () => {
    const location = chart("once");
    const first = knownChart(location);
    fs.writeFileSync(path.join(location, "values.yaml"), "replicaCount: 2\n");
    assert.equal(knownChart(location).fingerprint, first.fingerprint);
    await Promise.resolve();
    assert.notEqual(knownChart(location).fingerprint, first.fingerprint);
  });

  const changes: Record<string, Record<string, string>> = {
    "a changed template": { "templates/deployment.yaml": "kind: Deployment \n" },
    "a new file": { "templates/NOTES.txt": "" },
    "a changed default": { "values.yaml": "replicaCount: 2\n" },
    "content moved between files": {
      "values.yaml": "",
      "templates/deployment.yaml": "replicaCount: 1\nkind: Deployment\n",
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`has another fingerprint after ${what}, with the same version`, () => {
      const before = readChart(chart(`before ${what}`));
      const after = readChart(chart(`after ${what}`, change));
      assert.equal(after.version, before.version);
      assert.notEqual(after.fingerprint, before.fingerprint);
    });
  }

  it("has the same fingerprint with files that Helm ignores", () => {
    const ignore = "# editors\n*.swp\n.git/\n/ci/\ntests/*.y?ml\n";
    const before = readChart(chart("unlittered", { ".helmignore": ignore }));
    const after = readChart(
      chart("littered", {
        ".helmignore": ignore,
        "templates/.deployment.yaml.swp": "",
        "templates/.hidden.yaml": "",
        "values.swp": "",
        ".git/HEAD": "",
        "ci/values.yaml": "",
        "tests/a.yaml": "",
      }),
    );
    assert.equal(after.fingerprint, before.fingerprint);
  });

  it("has another fingerprint with files that only look like those", () => {
    const ignore = "*.swp\n.git/\n/ci/\ntests/*.y?ml\n";
    const before = readChart(chart("plain", { ".helmignore": ignore }));
    for (const file of ["templates/swp.yaml", ".git", "templates/ci/a.yaml", "tests/deep/a.yaml"]) {
      const after = readChart(chart(`with ${file}`, { ".helmignore": ignore, [file]: "" }));
      assert.notEqual(after.fingerprint, before.fingerprint, file);
    }
  });

  it("is refused without Chart.yaml, or without version in it", () => {
    assert.throws(
      () => readChart(path.join(folder, "none")),
      /none is not a Helm chart, it has no Chart\.yaml; /,
    );
    const nameless = chart("nameless", { "Chart.yaml": "name: demo\n" });
    assert.throws(() => readChart(nameless), /Chart\.yaml has no version$/);
  });
});
