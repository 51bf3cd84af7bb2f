/**
 * What a reviewer reads where things are missing, against what was recorded; `RECORD=1` records anew.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { WHOLE_TEST } from "../patience";
import { Project } from "./project";

/** Without what changes with the chart's, the server's or the sample models' files. */
function withoutDigests(text: string): string {
  return text
    .replace(/\d+\.\d+\.\d+ +\([0-9a-f]{12}\)/g, "<chart>")
    .replace(/(model-server:|-model-|:\d+\.\d+\.\d+-)[0-9a-f]{12}/g, "$1<digest>")
    .replace(/[0-9a-f]{12}…/g, "<digest>")
    .replace(/ +$/gm, "")
    .replace(/ {3,}/g, "   ");
}

function assertRecorded(name: string, text: string): void {
  const file = path.join(PROJECT_DIR, "test", "program", "expected", name);
  const found = withoutDigests(text);
  if (process.env.RECORD) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, found);
  }
  assert.equal(found, fs.readFileSync(file, "utf8"));
}

describe("the preview of a stack", function () {
  this.timeout(WHOLE_TEST);

  let project: Project;
  before(() => {
    project = Project.create();
  });
  after(() => project.remove());

  it("tells in a forked clone what it can, and what it cannot", async () => {
    const [staging, prod] = await Promise.all([
      project.review("staging", { fork: true }),
      project.review("prod", { fork: true }),
    ]);
    for (const { code, stdout, stderr } of [staging, prod]) assert.equal(code, 0, stdout + stderr);
    assertRecorded("fork-staging.txt", staging.stdout);
    assertRecorded("fork-prod.txt", prod.stdout);
    assertRecorded("fork-prod.md", prod.markdown.replace(/```diff[\s\S]*?```/g, "(diff)"));
  });

  it("leaves a forked clone as it was", () => {
    const files = ["Pulumi.staging.yaml", "Pulumi.prod.yaml"];
    for (const file of files) {
      assert.equal(
        fs.readFileSync(project.path(file), "utf8"),
        fs.readFileSync(path.join(PROJECT_DIR, file), "utf8"),
      );
    }
    assert.ok(!fs.existsSync(project.path(".pulumi")));
  });

  it("needs neither a cluster that answers nor a Docker daemon", async () => {
    const config = fs.readFileSync(project.path("Pulumi.staging.yaml"), "utf8");
    const onePlace = config.replace("kubernetes:context: staging", "kubernetes:context: down");
    fs.writeFileSync(project.path("Pulumi.cluster-down.yaml"), onePlace);
    await project.withState("cluster-down");
    const { code, stdout, stderr } = await project.review("cluster-down");
    assert.equal(code, 0, stdout + stderr);
    assertRecorded("cluster-down.txt", stdout);
  });

  it("works in a fork without what is encrypted, and says which settings that are", async () => {
    const secure = "v1:bm90IGEgc2VjcmV0:bm90IGEgc2VjcmV0";
    project.writeConfig("secret-dev", {
      namespace: "models",
      image: {
        registry: "ghcr.io/acme",
        digest: `sha256:${"a".repeat(64)}`,
        credentials: { username: "ci", password: { secure } },
      },
      values: { env: [{ name: "TOKEN", value: { secure } }] },
      models: { wine: { tag: "1.0.0", sha256: "b".repeat(64) } },
    });
    const { code, stdout, stderr } = await project.review("secret-dev", { fork: true });
    assert.equal(code, 0, stdout + stderr);
    assert.match(
      stdout,
      /^ {2}model-deployment:image\.credentials\.password: encrypted, a placehold/m,
    );
    assert.match(
      stdout,
      /^ {2}model-deployment:values\.env\[0\]\.value: encrypted, a placeholder/m,
    );
    assert.doesNotMatch(stdout, /bm90IGEg/);
  });

  it("fails with all that is wrong with the config, in the summary too", async () => {
    project.writeConfig("wrong-dev", {
      namspace: "models",
      image: { registry: "https://ghcr.io" },
      models: { wine: { tag: 1.1 } },
    });
    const { code, stdout, markdown } = await project.review("wrong-dev", { fork: true });
    assert.equal(code, 1);
    for (const text of [stdout, markdown]) {
      assert.match(text, /namspace: unknown key; did you mean namespace\?/);
      assert.match(
        text,
        /image\.registry: found "https:\/\/ghcr\.io"; accepted: a registry such as/,
      );
      assert.match(text, /models\.wine\.tag: found 1\.1; accepted: a tag such as 1\.0\.0/);
      assert.match(text, /the policies: the preview failed before/);
    }
    assert.match(markdown, /^### ❌ Stack `wrong-dev`: the preview FAILED/);
  });
});
