/** The main job on real parts: engine, providers, BuildKit, registry, cluster and ingress. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { awaitOnly, duringTraffic } from "./traffic";
import { kubectl, SMALL, STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "end-to-end";
const RELEASE = "kubernetes:helm.sh/v3:Release";
const IMAGE = "docker-build:index:Image";

/** Name and start of each pod of the model: a restart or roll-out shows. */
function pods(): Promise<string> {
  return kubectl(
    "get",
    "pods",
    `--namespace=${NAMESPACE}`,
    "--field-selector=status.phase=Running",
    "--sort-by=.metadata.name",
    "--output=jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[*].restartCount}{end}",
  );
}

describe("a model, from stack config to prediction", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
  });

  after(async () => {
    await copy.removeWithStack();
  });

  it("is neither built nor pushed by a preview", async () => {
    const changes = await copy.previewChanges();
    assert.equal(changes[RELEASE], "create");
    assert.equal(changes[IMAGE], "create");
    const catalog = await fetch("http://localhost:5001/v2/end-to-end/breast-cancer/tags/list");
    assert.ok([200, 404].includes(catalog.status));
    if (catalog.status === 200) {
      // A repository of an earlier run may be there; the preview must not have added to it.
      assert.ok(!(await kubectl("get", "namespaces")).includes(`${NAMESPACE} `));
    }
  });

  it("answers every golden row as plain XGBoost does", async () => {
    await copy.up();
    const { ingressUrl } = await copy.model();
    const golden = copy.golden("1.0.0");
    await awaitPrediction(ingressUrl, { golden });
    for (const row of golden.features.keys()) {
      await checkPrediction(ingressUrl, { golden, row });
    }
  });

  it("runs the image that the outputs name, pinned by digest", async () => {
    const { image, releaseName, namespace } = await copy.model();
    assert.match(
      image,
      /^localhost:5001\/end-to-end\/breast-cancer:1\.0\.0-[0-9a-f]{12}@sha256:[0-9a-f]{64}$/,
    );
    const running = await kubectl(
      "get",
      "deployment",
      releaseName,
      `--namespace=${namespace}`,
      "--output=jsonpath={.spec.template.spec.containers[0].image}",
    );
    assert.equal(running.split("@")[1], image.split("@")[1]);
  });

  it("says who answers", async () => {
    const { ingressUrl, model } = await copy.model();
    const answer = await checkPrediction(ingressUrl, { golden: copy.golden("1.0.0") });
    assert.equal(answer.headers["x-model-name"], "breast-cancer");
    assert.equal(answer.headers["x-model-version"], "1.0.0");
    assert.equal(answer.headers["x-model-sha256"], model.sha256);
  });

  it("does not change if nothing changes", async () => {
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
    await copy.pulumi("refresh", "--yes", "--skip-preview", "--stack", STACK);
    fs.rmSync(copy.path(".staging", STACK, ".rendered"), { recursive: true, force: true });
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
    assert.ok(
      !fs.existsSync(copy.path(".staging", STACK, ".rendered")),
      "the chart was rendered for a release that does not change",
    );
  });

  it("does not change in a fresh clone elsewhere, under another umask", async () => {
    const clone = WorkingCopy.create(NAMESPACE, { stateOf: copy, umask: "077" });
    try {
      await clone.pulumi("preview", "--expect-no-changes", "--stack", STACK);
    } finally {
      clone.remove();
    }
  });

  it("shows an edited template although the chart's version stays, and restarts no pod for it", async () => {
    const before = await pods();
    const template = copy.path("chart", "templates", "NOTES.txt");
    const original = fs.readFileSync(template, "utf8");
    fs.appendFileSync(template, "\nEdited.\n");
    try {
      assert.deepEqual(await copy.previewChanges(), { [RELEASE]: "update" });
      assert.ok(fs.existsSync(copy.path(".staging", STACK, ".rendered", "breast-cancer")));
      await copy.up();
      assert.equal(await pods(), before);
    } finally {
      fs.writeFileSync(template, original);
    }
    await copy.up();
    assert.equal(await pods(), before);
  });

  it("refuses a tag without a model before it changes anything", async () => {
    await copy.setConfig("models.breast-cancer.tag", "9.9.9");
    assert.match(await copy.failingUp(), /models\/breast-cancer\/9\.9\.9\/model\.pkl/);
    const { ingressUrl } = await copy.model();
    await checkPrediction(ingressUrl, { golden: copy.golden("1.0.0") });
  });

  it("is replaced by another version with one line of config, without a failed request", async () => {
    const { ingressUrl } = await copy.model();
    const [old, golden] = [copy.golden("1.0.0"), copy.golden("2.0.0")];
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    const changes = await copy.previewChanges();
    assert.equal(changes[RELEASE], "update");
    const traffic = await duringTraffic(ingressUrl, { "1.0.0": old, "2.0.0": golden }, async () => {
      await copy.up();
      await awaitOnly(ingressUrl, { golden, sha256: (await copy.model()).model.sha256 });
    });
    assert.deepEqual(traffic.failures, [], `of ${traffic.total} requests`);
    const { model } = await copy.model();
    assert.equal(model.version, "2.0.0");
    const row = golden.predictions.findIndex((value, index) => value !== old.predictions[index]);
    assert.notEqual(row, -1, "the two versions must differ in a prediction");
    const answer = await awaitPrediction(ingressUrl, { golden, row, sha256: model.sha256 });
    assert.equal(answer.headers["x-model-version"], "2.0.0");
    assert.equal(answer.headers["x-model-sha256"], model.sha256);
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("goes on serving when an update cannot start, and recovers with the next one", async () => {
    const { ingressUrl } = await copy.model();
    const golden = copy.golden("2.0.0");
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:release": { timeout: 20 },
      "model-deployment:resources": { requests: { cpu: "900" }, limits: { cpu: "900" } },
    }));
    await copy.failingUp();
    await checkPrediction(ingressUrl, { golden });
    copy.writeConfig(({ "model-deployment:release": _, ...config }) => ({
      ...config,
      "model-deployment:resources": SMALL,
    }));
    await copy.up();
    await checkPrediction(ingressUrl, { golden });
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("leaves nothing behind when destroyed", async () => {
    await copy.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK);
    const exported = JSON.parse(await copy.pulumi("stack", "export", "--stack", STACK)) as {
      deployment: { resources?: unknown[] };
    };
    assert.equal((exported.deployment.resources ?? []).length, 0);
    const left = await kubectl(
      "get",
      "all,secrets,configmaps,ingresses",
      `--namespace=${NAMESPACE}`,
      "--output=name",
    );
    assert.equal(left.trim(), "");
    assert.ok(
      !(await kubectl("get", "namespaces", "--output=name"))
        .split("\n")
        .includes(`namespace/${NAMESPACE}`),
    );
  });
});
