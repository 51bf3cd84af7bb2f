/**
 * What a reviewer reads where things are missing, against what was recorded; `RECORD=1` records anew.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { TEST_TIMEOUT_MS } from "../timeouts";
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

/** The stacks of the example, which whoever has stacks of that kind copies beside the program. */
const STACK_FILES = ["Pulumi.staging.yaml", "Pulumi.prod.yaml"];
const original = (file: string) => path.join(PROJECT_DIR, "examples", "promotion", file);

describe("the preview of a stack", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let project: Project;
  before(() => {
    project = Project.create();
    for (const file of STACK_FILES) {
      fs.copyFileSync(original(file), project.path(file));
    }
  });
  after(() => project.remove());

  it("tells in a forked clone what it can, and what it cannot", async () => {
    const [staging, prod] = await Promise.all([
      project.review("staging", { fork: true }),
      project.review("prod", { fork: true }),
    ]);
    for (const { code, stdout, stderr } of [staging, prod]) {
      assert.equal(code, 0, stdout + stderr);
    }
    assertRecorded("fork-staging.txt", staging.stdout);
    assertRecorded("fork-prod.txt", prod.stdout);
    assertRecorded("fork-prod.md", prod.markdown.replace(/```diff[\s\S]*?```/g, "(diff)"));
  });

  it("leaves a forked clone as it was", () => {
    for (const file of STACK_FILES) {
      assert.equal(
        fs.readFileSync(project.path(file), "utf8"),
        fs.readFileSync(original(file), "utf8"),
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

  it("takes a thousand models from files, where the configuration could not hold them", async () => {
    const settings = {
      tag: "1.0.0",
      sha256: "b".repeat(64),
      image: { digest: `sha256:${"a".repeat(64)}` },
    };
    const names = Array.from({ length: 1000 }, (_, index) => `model-${index}`);
    const forAll = { namespace: "models", image: { registry: "ghcr.io/acme" } };
    const inConfig = Object.fromEntries(names.map((name) => [name, structuredClone(settings)]));
    project.writeConfig("many-dev", { ...forAll, models: inConfig });
    const told = await project.review("many-dev", { fork: true });
    assert.notEqual(told.code, 0);
    assert.match(
      told.stderr,
      /^the configuration in Pulumi\.many-dev\.yaml has \d+ bytes; Pulumi can hand \d+ to a program: .*make split STACK=many-dev$/m,
    );

    // Nothing of this project has run by then: all that can tell is the document that quotes it.
    await project.withState("many-dev");
    const plain = await project.pulumi("preview", "--stack", "many-dev");
    assert.notEqual(plain.code, 0);
    const documented = fs.readFileSync(path.join(PROJECT_DIR, "docs/configuration.md"), "utf8");
    for (const words of ["could not run language executor", "argument list too long"]) {
      assert.ok(plain.stdout.includes(words), plain.stdout);
      assert.ok(documented.includes(`\`${words}\``), words);
    }

    const split = await project.promotion("split", "--stack", "many-dev");
    assert.equal(split.code, 0, split.stderr);
    // One with a mistake: the program has read them all, and nothing need be rendered to show it.
    const file = project.path("Pulumi.many-dev.models", "model-777.yaml");
    fs.appendFileSync(file, "replicas: two\n");
    const { code, stdout } = await project.review("many-dev", { fork: true });
    assert.equal(code, 1);
    assert.match(stdout, /configuration of stack many-dev has a problem/);
    assert.match(
      stdout,
      /Pulumi\.many-dev\.models\/model-777\.yaml: replicas: found "two"; accepted: a whole number/,
    );
    fs.rmSync(project.path("Pulumi.many-dev.models"), { recursive: true });
  });

  it("refuses what Pulumi would change or lose on the way, and takes the remedies", async () => {
    const config = (day: string, cpu: string, target: string) => `config:
  model-deployment:namespace: models
  model-deployment:image:
    registry: ghcr.io/acme
    digest: sha256:${"a".repeat(64)}
  model-deployment:resources: { limits: { cpu: ${cpu} } }
  model-deployment:values:
    podAnnotations: { day: ${day} }
    autoscaling: { targetCPUUtilizationPercentage: ${target} }
  model-deployment:models:
    wine: { tag: 1.0.0, sha256: ${"b".repeat(64)} }
`;
    const file = project.path("Pulumi.odd-dev.yaml");
    fs.writeFileSync(file, config("2024-05-01", "none", "null"));
    const { code, stdout } = await project.review("odd-dev", { fork: true });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /values\.podAnnotations\.day: found 2024-05-01 00:00:00 \+0000 UTC, which Pulumi has made of a date without quotes; write "2024-05-01" with the quotes|values\.podAnnotations\.day: found 2024-05-01 without quotes, .*; write "2024-05-01" with the quotes/,
    );
    assert.match(
      stdout,
      /values\.autoscaling\.targetCPUUtilizationPercentage: found null, which gets lost on the way to Helm; write none/,
    );
    fs.writeFileSync(file, config('"2024-05-01"', "none", "none"));
    const right = await project.review("odd-dev", { fork: true });
    assert.equal(right.code, 0, right.stdout + right.stderr);
    assert.match(right.markdown, /day: ["']?2024-05-01["']?$/m);
    assert.doesNotMatch(right.markdown, /^\+ +cpu: none/m);
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

  it("fails with what the chart refuses of each model, in the chart's words", async () => {
    const settings = { tag: "1.0.0", sha256: "b".repeat(64) };
    const both = { autoscaling: { enabled: true }, keda: { enabled: true } };
    project.writeConfig("refused-dev", {
      namespace: "models",
      image: { registry: "ghcr.io/acme", digest: `sha256:${"a".repeat(64)}` },
      models: {
        iris: { ...settings, values: both },
        rose: settings,
        wine: { ...settings, values: both },
      },
    });
    await project.withState("refused-dev");
    const { code, stdout } = await project.pulumi("preview", "--stack", "refused-dev");
    assert.notEqual(code, 0);
    for (const name of ["iris", "wine"]) {
      const message = `the chart cannot be rendered for ${name}: These values cannot work:`;
      assert.ok(stdout.includes(message), stdout);
    }
    assert.doesNotMatch(stdout, /cannot be rendered for rose|before hook/);
  });
});
