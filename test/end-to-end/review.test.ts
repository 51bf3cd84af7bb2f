/** What a reviewer reads of a change to what is deployed, on real parts. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "review";

describe("the preview of a change", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    await copy.up();
  });
  after(async () => {
    await copy.removeWithStack();
  });

  async function review(): Promise<{ text: string; markdown: string }> {
    const markdown = copy.path("summary.md");
    fs.rmSync(markdown, { force: true });
    const cli = path.join(PROJECT_DIR, "review", "cli.ts");
    const { code, stdout, stderr } = await copy.tryRun(process.execPath, [
      ...["--require", path.join(PROJECT_DIR, "node_modules/ts-node/register/transpile-only")],
      ...[cli, "--markdown", markdown, STACK],
    ]);
    assert.equal(code, 0, stdout + stderr);
    return { text: stdout, markdown: fs.readFileSync(markdown, "utf8") };
  }

  it("says so when there is none", async () => {
    const { text } = await review();
    assert.match(text, /^Stack end-to-end: 1 model, no change/);
    assert.match(text, /^breast-cancer {2}unchanged {2}1\.0\.0 /m);
    assert.doesNotMatch(text, /Not checked/);
  });

  it("shows old and new of a model, and how what is deployed changes", async () => {
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    await copy.setConfig("replicas", "2");
    await copy.setConfig("release.timeout", "200");
    const { text, markdown } = await review();
    const { image } = await copy.model();
    const [before, digest = ""] = image.split("@");
    const after = /localhost:5001\/review\/breast-cancer:2\.0\.0-[0-9a-f]{12}, will be built /;
    const row = text.split("\n").find((line) => line.startsWith("breast-cancer  "));
    assert.match(row ?? "", /~ update {2}1\.0\.0 → 2\.0\.0 {2}[0-9a-f]{12}… → [0-9a-f]{12}… /);
    assert.ok(row?.includes(`${before}@${digest.slice(0, 19)}… → `), row);
    assert.match(row ?? "", after);
    assert.match(row ?? "", / 1 → 2 /);
    assert.match(
      text,
      /^breast-cancer, compared with what is deployed:\n {2}~ update Deployment bre/m,
    );
    assert.match(text, /^ {6}- {2}replicas: 1\n {6}\+ {2}replicas: 2$/m);
    assert.match(
      text,
      /^ {6}\+ .*image: localhost:5001\/review\/breast-cancer@\(will be built\)$/m,
    );
    assert.match(text, /^ {2}~ release: timeout$/m);
    assert.match(text, /^ {2}update image breast-cancer$/m);
    assert.match(markdown, /^\| `breast-cancer` \| ~ update \| `1\.0\.0 → 2\.0\.0` \|/m);
    assert.match(
      markdown,
      /^-[ ]+model-serving\/version: 1\.0\.0\n\+[ ]+model-serving\/version: 2\.0/m,
    );
  });

  it("compares with what was configured before when the cluster is down", async () => {
    copy.writeConfig((config) => ({ ...config, "kubernetes:context": "down" }));
    const { text } = await review();
    copy.writeConfig(({ "kubernetes:context": _, ...config }) => config);
    assert.match(text, /^breast-cancer {2}[~±] \w+ +1\.0\.0 → 2\.0\.0 /m);
    assert.match(text, /^breast-cancer, compared with what was configured before:$/m);
    assert.match(text, /^ {6}- {2}replicas: 1\n {6}\+ {2}replicas: 2$/m);
    assert.match(text, /^ {2}the cluster \(.*context "down" does not exist\)/m);
    assert.match(text, /^ {2}breast-cancer: what is deployed \(.*so changes of the chart itself/m);
  });

  it("shows a change of the chart itself, although its version stays", async () => {
    const template = copy.path("chart", "templates", "service.yaml");
    const original = fs.readFileSync(template, "utf8");
    fs.writeFileSync(template, original.replace("protocol: TCP", "protocol: UDP"));
    try {
      const { text } = await review();
      assert.match(text, / (\d+\.\d+\.\d+) \([0-9a-f]{12}\) → \1 \([0-9a-f]{12}\)$/m);
      assert.match(text, /^ {6}- {6}protocol: TCP\n {6}\+ {6}protocol: UDP$/m);
    } finally {
      fs.writeFileSync(template, original);
    }
  });

  it("never shows what is secret, and says what it left out for it", async () => {
    await copy.setConfig("values.env[0].name", "TOKEN");
    await copy.pulumi(
      ...["config", "set", "--path", "values.env[0].value", "hunter2", "--secret"],
      ...["--stack", STACK],
    );
    const { text, markdown } = await review();
    for (const told of [text, markdown]) {
      assert.doesNotMatch(told, /hunter2/);
      assert.match(told, /values\.env, .*: secret, left out of the diff/);
      assert.match(told, /compared with what was configured before/);
    }
  });

  it("shows a model that goes", async () => {
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:models": { wine: { tag: "1.0.0" } },
      "model-deployment:values": { podLabels: { team: "a", environment: "b" } },
    }));
    const { text } = await review();
    assert.match(text, /^breast-cancer {2}- delete {2}1\.0\.0 /m);
    assert.match(text, /^ {2}- delete Deployment breast-cancer$/m);
    assert.match(text, /^wine +\+ create {2}1\.0\.0 /m);
  });
});
