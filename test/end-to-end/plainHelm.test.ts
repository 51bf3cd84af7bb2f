/** The chart by Helm alone, as a team without Pulumi uses it: its whole life, on real parts. */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { awaitPrediction, checkPrediction, type Golden, post } from "../../local/predict";
import { run, tryRun, waitFor } from "../../local/run";
import { address, BASE_IMAGE, PROJECT_DIR, REGISTRY } from "../../local/settings";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { duringTraffic } from "./traffic";
import { kubectl } from "./workingCopy";

const NAMESPACE = "chart-plain-helm";
const RELEASE = "breast-cancer";
const HOST = `${RELEASE}.${NAMESPACE}.localhost`;
const URL = `http://${HOST}:${address("ingress").split(":")[1]}/`;
const CHART = path.join(PROJECT_DIR, "chart");
const IMAGE = `${REGISTRY}/plain-helm/model-server`;
const env = environment(true);

/** Requests by which the canary's share is measured. */
const SAMPLE = 600;
const WEIGHT = 30;

const modelFolder = (version: string) => path.join(PROJECT_DIR, "models", RELEASE, version);

function golden(version: string): Golden {
  const file = path.join(modelFolder(version), "golden.json");
  return JSON.parse(fs.readFileSync(file, "utf8")) as Golden;
}
const goldens = { "1.0.0": golden("1.0.0"), "2.0.0": golden("2.0.0") };
type Version = keyof typeof goldens;

const configMapOf = (version: Version) => `${RELEASE}-${version}`;
const sha256Of = (version: Version) =>
  createHash("sha256")
    .update(fs.readFileSync(path.join(modelFolder(version), "model.pkl")))
    .digest("hex");

/** The chart's values that say which model: those of `model`, and of `canary.model`. */
const modelValues = (version: Version) => ({
  version,
  sha256: sha256Of(version),
  source: "configMap",
  configMap: { name: configMapOf(version), key: "model.pkl", goldenKey: "golden.json" },
});

function helm(args: string[], values?: unknown): Promise<string> {
  const all = [...args, `--namespace=${NAMESPACE}`];
  if (values === undefined) return run("helm", all, { env });
  return run("helm", [...all, "--values=-"], { env, input: JSON.stringify(values) });
}

const wait = ["--wait", "--timeout=90s"];
const upgrade = (values: unknown) => helm(["upgrade", RELEASE, CHART, ...wait], values);

/** Builds the server without a model and resolves with its digest. */
async function buildServer(): Promise<string> {
  const serving = path.join(PROJECT_DIR, "serving");
  const output = `type=image,name=${IMAGE}:test,push=true`;
  const args = ["--target=runtime", `--build-arg=BASE_IMAGE=${BASE_IMAGE}`, `--output=${output}`];
  await run("buildx", ["build", "--quiet", "--provenance=false", ...args, serving], { env });
  const { headers } = await fetch(`http://${REGISTRY}/v2/plain-helm/model-server/manifests/test`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json, */*" },
  });
  const digest = headers.get("docker-content-digest");
  assert.ok(digest, "the registry tells no digest");
  return digest;
}

/** Every object of the namespace but what Kubernetes keeps by itself. */
async function inventory(): Promise<string[]> {
  const kinds = (await kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name"))
    .trim()
    .split("\n")
    .filter((kind) => !/^events|metrics\.k8s\.io$/.test(kind));
  const names = await kubectl("get", kinds.join(","), `--namespace=${NAMESPACE}`, "--output=name");
  return names.trim().split("\n").sort();
}

/** Share of the sample that each version answers; every answer must be right for its version. */
async function shares(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < SAMPLE; i += 1) {
    const row = i % goldens["1.0.0"].features.length;
    const answer = await post(`${URL}predict`, { features: goldens["1.0.0"].features[row] });
    assert.equal(answer.status, 200, answer.body);
    const version = String(answer.headers["x-model-version"]);
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return Object.fromEntries(
    Object.entries(counts).map(([version, count]) => [version, count / SAMPLE]),
  );
}

/** Asks until only this version answers, several times in a row. */
async function awaitOnly(version: Version): Promise<void> {
  let inARow = 0;
  const isAlone = async () => {
    const answer = await checkPrediction(URL, { golden: goldens[version] }).catch(() => undefined);
    inARow = answer?.headers["x-model-version"] === version ? inARow + 1 : 0;
    return inARow >= 20;
  };
  assert.ok(await waitFor(isAlone, 30_000, 50), `others than ${version} still answer`);
}

describe("a model by Helm alone, from install to uninstall", function () {
  this.timeout(120_000);
  stopAtFirstFailure(this);

  let initially: string[];
  let stable: Record<string, unknown>;
  const canary = {
    enabled: true,
    weight: WEIGHT,
    ingressController: "skipper",
    model: modelValues("2.0.0"),
  };

  before(async () => {
    const digest = await buildServer();
    stable = {
      fullnameOverride: RELEASE,
      image: { repository: IMAGE, digest },
      model: modelValues("1.0.0"),
      // Two models and their successors fit on a small machine that does other things as well.
      resources: { requests: { cpu: "50m" } },
      ingress: { enabled: true, hosts: [{ host: HOST }] },
    };
    await kubectl("create", "namespace", NAMESPACE);
    for (const version of Object.keys(goldens) as Version[]) {
      const files = ["model.pkl", "golden.json"].map(
        (file) => `--from-file=${path.join(modelFolder(version), file)}`,
      );
      await kubectl("create", "configmap", configMapOf(version), ...files, `-n=${NAMESPACE}`);
    }
    const own = ["configmap/kube-root-ca.crt", "serviceaccount/default"];
    const isSettled = async () => {
      initially = await inventory();
      return own.every((name) => initially.includes(name));
    };
    assert.ok(await waitFor(isSettled, 20_000), "the namespace is not complete");
  });

  after(() => tryRun("kubectl", ["delete", "namespace", NAMESPACE], { env }));

  it("is installed and answers every golden row through the ingress", async () => {
    const notes = await helm(["install", RELEASE, CHART, ...wait], stable);
    assert.match(notes, new RegExp(`http://${HOST.replaceAll(".", "\\.")}`));
    const expected = { golden: goldens["1.0.0"], sha256: sha256Of("1.0.0") };
    await awaitPrediction(URL, expected);
    for (const row of expected.golden.features.keys()) {
      await checkPrediction(URL, { ...expected, row });
    }
  });

  it("passes helm test", async () => {
    const printed = await helm(["test", RELEASE, "--logs", "--timeout=60s"]);
    assert.match(printed, /Phase:\s+Succeeded/);
    assert.match(printed, /golden requests/);
  });

  it("shares the requests with a canary by its weight", async () => {
    await upgrade({ ...stable, canary });
    // The ingress controller takes a moment to learn of the second version.
    const isSeen = async () =>
      (await checkPrediction(URL, { golden: goldens["2.0.0"] }).catch(() => undefined))?.headers[
        "x-model-version"
      ] === "2.0.0";
    assert.ok(await waitFor(isSeen, 30_000, 50), "the canary never answers");
    const measured = await shares();
    assert.deepEqual(Object.keys(measured).sort(), ["1.0.0", "2.0.0"]);
    // Six standard deviations: what chance exceeds in one of half a billion runs.
    const share = WEIGHT / 100;
    const margin = 6 * Math.sqrt((share * (1 - share)) / SAMPLE);
    const ofCanary = measured["2.0.0"] ?? 0;
    assert.ok(Math.abs(ofCanary - share) < margin, `${ofCanary} is not ${share} ± ${margin}`);
  });

  it("passes helm test in both versions", async () => {
    const printed = await helm(["test", RELEASE, "--logs", "--timeout=60s"]);
    assert.equal(printed.match(/Phase:\s+Succeeded/g)?.length, 2, printed);
  });

  it("is promoted by its values without a failed request", async () => {
    const traffic = await duringTraffic(URL, goldens, async () => {
      await upgrade({ ...stable, model: modelValues("2.0.0") });
      await awaitOnly("2.0.0");
    });
    assert.deepEqual(traffic.failures, []);
    assert.ok((traffic.byVersion["2.0.0"] ?? 0) > 0);
    const pods = ["get", "pods", `-n=${NAMESPACE}`, "-l=model-serving/track=canary", "-o=name"];
    const areGone = async () => (await kubectl(...pods)) === "";
    assert.ok(await waitFor(areGone, 60_000), "the canary's pods still run");
  });

  it("goes back by helm rollback without a failed request", async () => {
    const traffic = await duringTraffic(URL, goldens, async () => {
      await helm(["rollback", RELEASE, "1", ...wait]);
      await awaitOnly("1.0.0");
    });
    assert.deepEqual(traffic.failures, []);
    await checkPrediction(URL, { golden: goldens["1.0.0"], sha256: sha256Of("1.0.0") });
  });

  it("leaves nothing behind but the finished pods of the tests", async () => {
    await helm(["uninstall", RELEASE, ...wait]);
    const testPods = [
      `--namespace=${NAMESPACE}`,
      `--selector=app.kubernetes.io/instance=${RELEASE},model-serving/track=test`,
    ];
    const tests = (await kubectl("get", "pods", "--output=name", ...testPods)).trim().split("\n");
    assert.deepEqual(tests.sort(), [`pod/${RELEASE}-canary-test`, `pod/${RELEASE}-test`]);
    await kubectl("delete", "pods", ...testPods);
    let now: string[] = [];
    const isClean = async () => {
      now = await inventory();
      return now.join() === initially.join();
    };
    await waitFor(isClean, 30_000, 1000);
    assert.deepEqual(now, initially);
  });
});
