/** The chart as an artifact in a registry: released, pinned by digest in a stack's config, deployed from there. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { REGISTRY } from "../../local/settings";
import { awaitPrediction } from "../../shared/predict";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "chart-in-registry";
const CHARTS = `oci://${REGISTRY}/${NAMESPACE}/charts`;

describe("the chart in a registry", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  let reference: string;

  const release = async () => {
    const { code, stdout, stderr } = await copy.tryRun("chart/release.sh", [CHARTS]);
    return { code, stderr, reference: stdout.trim().split("\n").at(-1) ?? "" };
  };

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    const source = { configMap: { path: "models/{name}/{tag}/model.pkl" } };
    copy.writeConfig((config) => ({ ...config, "model-deployment:source": source }));
  });

  after(() => copy?.removeWithStack());

  it("is released once for each version", async () => {
    const first = await release();
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.reference, /\/model-serving:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/);
    assert.deepEqual(await release(), { ...first, stderr: "" });
    reference = first.reference;
  });

  it("refuses to release a version anew with another content", async () => {
    const values = copy.path("chart", "values.yaml");
    const before = fs.readFileSync(values, "utf8");
    fs.writeFileSync(values, `${before}\n# changed\n`);
    const { code, stderr } = await release();
    fs.writeFileSync(values, before);
    assert.equal(code, 1);
    assert.match(stderr, /is released with another content: raise version in chart\/Chart\.yaml/);
  });

  it("is deployed by digest, whatever lies in the checkout, and answers as plain XGBoost does", async () => {
    await copy.setConfig("chart", reference);
    const notes = copy.path("chart", "templates", "NOTES.txt");
    fs.appendFileSync(notes, "\nnot what is released\n");
    await copy.up();
    const { ingressUrl, model } = await copy.model();
    await awaitPrediction(ingressUrl, { golden: copy.golden("1.0.0"), sha256: model.sha256 });
    const status = await copy.tryRun("helm", ["get", "notes", "breast-cancer", "-n", NAMESPACE]);
    assert.equal(status.code, 0, status.stderr);
    assert.ok(!status.stdout.includes("not what is released"), status.stdout);
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("is rendered in previews, where its own schema and templates refuse", async () => {
    await copy.setConfig("values.replicas", "2");
    const unknown = await copy.tryPulumi("preview", "--stack", STACK);
    assert.match(
      unknown.stdout,
      /values\.replicas: the chart has no such value; see chart\/README/,
    );
    await copy.pulumi("config", "rm", "--path", "values.replicas", "--stack", STACK);
    await copy.setConfig("values.canary.enabled", "true");
    const refused = await copy.tryPulumi("preview", "--stack", STACK);
    assert.notEqual(refused.code, 0, refused.stdout);
    assert.match(refused.stdout, /the chart cannot be rendered for breast-cancer/);
    await copy.pulumi("config", "rm", "--path", "values.canary", "--stack", STACK);
  });

  it("says what Helm says where the registry has no such chart", async () => {
    await copy.setConfig("chart", `${reference.split("@")[0]}@sha256:${"0".repeat(64)}`);
    const { code, stdout } = await copy.tryPulumi("preview", "--stack", STACK);
    assert.notEqual(code, 0);
    assert.match(stdout, /chart: .*cannot be pulled: .*not found/);
  });
});
