/** The chart by Helm 4 from a registry, and releases that pass from Helm 3 to Helm 4, on real parts. */
import * as assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { REGISTRY } from "../../local/settings";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { run, tryRun } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import {
  CHART,
  goldens,
  MODEL,
  modelValues,
  PlainRelease,
  sha256OfModel,
  waiting,
} from "./plainRelease";
import { duringTraffic } from "./traffic";

const env = environment(true);

describe("a model by Helm 4, from a registry", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  const release = new PlainRelease("chart-helm-4", MODEL, "helm4");
  const folder = temporaryFolder("helm-4");
  let chart: string;
  let values: Record<string, unknown>;

  before(async () => {
    values = await release.prepare();
    await run("helm4", ["package", CHART, `--destination=${folder}`], { env });
    const [archive = ""] = readdirSync(folder);
    const target = `oci://${REGISTRY}/${release.namespace}`;
    const args = ["push", path.join(folder, archive), target, "--plain-http"];
    const { stdout, stderr } = await tryRun("helm4", args, { env });
    const [digest] = /sha256:[0-9a-f]{64}/.exec(stdout + stderr) ?? [];
    assert.ok(digest, stdout + stderr);
    chart = `${target}/model-serving@${digest}`;
  });
  after(() => release.remove());

  /** As `helm upgrade` of what is in the registry. */
  const upgrade = (given: unknown, ...args: string[]) =>
    release.helm(["upgrade", MODEL, chart, "--plain-http", ...args], given);

  const expected = { golden: goldens["1.0.0"], sha256: sha256OfModel("1.0.0") };

  it("is installed and answers", async () => {
    await release.helm(["install", MODEL, chart, "--plain-http", ...waiting], values);
    await awaitPrediction(release.url, expected);
  });

  it("passes helm test", async () => {
    const printed = await release.helm([
      "test",
      MODEL,
      "--logs",
      `--timeout=${TIMEOUT_MS / 1000}s`,
    ]);
    assert.match(printed, /Phase:\s+Succeeded/);
  });

  it("takes a new model without a failed request", async () => {
    const traffic = await duringTraffic(release.url, goldens, async () => {
      await upgrade({ ...values, model: modelValues("2.0.0") }, ...waiting);
      await release.awaitOnly("2.0.0");
    });
    assert.deepEqual(traffic.failures, []);
  });

  it("goes back without a failed request", async () => {
    const traffic = await duringTraffic(release.url, goldens, async () => {
      await release.helm(["rollback", MODEL, "1", ...waiting]);
      await release.awaitOnly("1.0.0");
    });
    assert.deepEqual(traffic.failures, []);
  });

  it("goes back by itself from one that never gets ready, without a failed request", async () => {
    const model = { ...modelValues("2.0.0"), sha256: "0".repeat(64) };
    const traffic = await duringTraffic(release.url, goldens, async () => {
      await assert.rejects(
        upgrade({ ...values, model }, "--rollback-on-failure", "--timeout=60s"),
        /rolled back/,
      );
    });
    assert.deepEqual(traffic.failures, []);
    await checkPrediction(release.url, expected);
    const [{ status }] = JSON.parse(await release.helm(["list", "--output=json"]));
    assert.equal(status, "deployed");
  });
});

describe("a release of Helm 3", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  const before3 = new PlainRelease("chart-from-helm-3", MODEL, "helm3");
  const since4 = new PlainRelease("chart-from-helm-3", MODEL, "helm4");
  let values: Record<string, unknown>;
  let pods: string[];

  before(async () => {
    values = await before3.prepare();
    await before3.install(values);
    await awaitPrediction(before3.url, { golden: goldens["1.0.0"] });
    pods = await before3.pods();
  });
  after(() => before3.remove());

  it("is known to Helm 4, and keeps its pods where nothing changes", async () => {
    const [{ status }] = JSON.parse(await since4.helm(["list", "--output=json"]));
    assert.equal(status, "deployed");
    await since4.upgrade(values);
    assert.deepEqual(await since4.pods(), pods);
  });

  it("takes a new model from Helm 4 without a failed request", async () => {
    const traffic = await duringTraffic(since4.url, goldens, async () => {
      await since4.upgrade({ ...values, model: modelValues("2.0.0") });
      await since4.awaitOnly("2.0.0");
    });
    assert.deepEqual(traffic.failures, []);
  });

  it("goes back to a revision of Helm 3, and on with Helm 3", async () => {
    const traffic = await duringTraffic(since4.url, goldens, async () => {
      await since4.helm(["rollback", MODEL, "1", ...waiting]);
      await since4.awaitOnly("1.0.0");
      await before3.upgrade({ ...values, model: modelValues("2.0.0") });
      await before3.awaitOnly("2.0.0");
    });
    assert.deepEqual(traffic.failures, []);
  });
});
