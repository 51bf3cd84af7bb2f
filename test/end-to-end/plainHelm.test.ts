/** The chart by Helm alone, as a team without Pulumi uses it: its whole life, on real parts. */
import * as assert from "node:assert/strict";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { awaitPrediction, checkPrediction, post } from "../../shared/predict";
import { tryRun, waitFor } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { EventReceiver } from "./eventReceiver";
import { goldens, MODEL, modelValues, PlainRelease, sha256OfModel, waiting } from "./plainRelease";
import { answersByVersion, isShare } from "./shares";
import { duringTraffic } from "./traffic";

const release = new PlainRelease("chart-plain-helm");
const { name, url } = release;

/** Requests by which the canary's share is measured. */
const SAMPLE = 600;
const GRPC_PORT = 8081;
const WEIGHT = 30;

/** Every object of the namespace but what Kubernetes keeps by itself. */
async function inventory(): Promise<string[]> {
  // It fails as well if the measurements, which are left out here, are not to be had for a moment.
  const list = ["api-resources", "--namespaced", "--verbs=list", "--output=name"];
  const { stdout } = await tryRun("kubectl", list, { env: environment(true) });
  const kinds = stdout
    .trim()
    .split("\n")
    .filter((kind) => !/^events|metrics\.k8s\.io$/.test(kind));
  const names = await release.kubectl("get", kinds.join(","), "--output=name");
  return names.trim().split("\n").sort();
}

describe("a model by Helm alone, from install to uninstall", function () {
  this.timeout(TEST_TIMEOUT_MS);
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
    stable = { ...(await release.prepare()), server: { grpcPort: GRPC_PORT } };
    const own = ["configmap/kube-root-ca.crt", "serviceaccount/default"];
    const isSettled = async () => {
      initially = await inventory();
      return own.every((name) => initially.includes(name));
    };
    assert.ok(await waitFor(isSettled, TIMEOUT_MS), "the namespace is not complete");
  });

  after(() => release.remove());

  it("is installed and answers every golden row through the ingress", async () => {
    const notes = await release.install(stable);
    assert.match(notes, new RegExp(`http://${release.host.replaceAll(".", "\\.")}`));
    const expected = { golden: goldens["1.0.0"], sha256: sha256OfModel("1.0.0") };
    await awaitPrediction(url, expected);
    for (const row of expected.golden.features.keys()) {
      await checkPrediction(url, { ...expected, row });
    }
  });

  it("answers a large body itself, which passes the ingress whole", async () => {
    const { status, body } = await post(`${url}predict`, { features: Array(1_500_000).fill(1) });
    assert.equal(status, 422);
    assert.match(body, /1500000 were given/);
  });

  it("answers the same by gRPC, at a port of the Service", async () => {
    const service = await release.kubectl("get", "service", name, "--output=json");
    const { clusterIP, ports } = (
      JSON.parse(service) as {
        spec: { clusterIP: string; ports: { name: string; port: number; appProtocol?: string }[] };
      }
    ).spec;
    const port = ports.find(({ name: called }) => called === "grpc");
    assert.equal(port?.appProtocol, "kubernetes.io/h2c");
    const golden = path.join(PROJECT_DIR, "models", MODEL, "1.0.0", "golden.json");
    const args = ["-m", "tests.grpc_front.ask_golden", `${clusterIP}:${port?.port}`, name, golden];
    const { code, stdout, stderr } = await tryRun(
      path.join(PROJECT_DIR, ".venv/bin/python"),
      args,
      { cwd: path.join(PROJECT_DIR, "serving") },
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      health: 1,
      ready: true,
      version: "1.0.0",
      answers: goldens["1.0.0"].predictions,
    });
  });

  it("passes helm test", async () => {
    const printed = await release.helm(["test", name, "--logs", `--timeout=${TIMEOUT_MS / 1000}s`]);
    assert.match(printed, /Phase:\s+Succeeded/);
    assert.match(printed, /golden requests/);
  });

  it("shares the requests with a canary by its weight", async () => {
    await release.upgrade({ ...stable, canary });
    // The ingress controller takes a moment to learn of the second version.
    const isSeen = async () =>
      (await checkPrediction(url, { golden: goldens["2.0.0"] }).catch(() => undefined))?.headers[
        "x-model-version"
      ] === "2.0.0";
    assert.ok(await waitFor(isSeen, TIMEOUT_MS, 50), "the canary never answers");
    const counts = await answersByVersion(url, goldens, SAMPLE);
    assert.deepEqual(Object.keys(counts).sort(), ["1.0.0", "2.0.0"]);
    const ofCanary = counts["2.0.0"] ?? 0;
    assert.ok(isShare(ofCanary, WEIGHT / 100, SAMPLE), `${ofCanary} of ${SAMPLE}`);
  });

  it("passes helm test in both versions", async () => {
    const printed = await release.helm(["test", name, "--logs", `--timeout=${TIMEOUT_MS / 1000}s`]);
    assert.equal(printed.match(/Phase:\s+Succeeded/g)?.length, 2, printed);
  });

  it("is promoted by its values without a failed request", async () => {
    const traffic = await duringTraffic(url, goldens, async () => {
      await release.upgrade({ ...stable, model: modelValues("2.0.0") });
      await release.awaitOnly("2.0.0");
    });
    assert.deepEqual(traffic.failures, []);
    assert.ok((traffic.byVersion["2.0.0"] ?? 0) > 0);
    const pods = ["get", "pods", "-l=model-serving/track=canary", "-o=name"];
    const areGone = async () => (await release.kubectl(...pods)) === "";
    assert.ok(await waitFor(areGone, TIMEOUT_MS), "the canary's pods still run");
  });

  it("goes back by helm rollback without a failed request", async () => {
    const traffic = await duringTraffic(url, goldens, async () => {
      await release.helm(["rollback", name, "1", ...waiting]);
      await release.awaitOnly("1.0.0");
    });
    assert.deepEqual(traffic.failures, []);
    await checkPrediction(url, { golden: goldens["1.0.0"], sha256: sha256OfModel("1.0.0") });
  });

  it("hands what it was asked and what it answered to a sink, and does without it", async () => {
    const receiver = await EventReceiver.start();
    try {
      const secret = "--from-literal=token=opensesame";
      await release.kubectl("create", "secret", "generic", "receiver", secret);
      const sink = { url: receiver.url, auth: { existingSecret: "receiver" } };
      const notes = await release.upgrade({ ...stable, payloadLogging: { enabled: true, sink } });
      assert.match(notes, /WARNING: payloadLogging is on: 100 % of the requests and answers go to/);
      const features = goldens["1.0.0"].features[0];
      let answer = await post(`${url}predict`, { features });
      const about = () =>
        receiver.deliveries.filter(
          ({ headers }) => headers["ce-id"] === answer.headers["x-request-id"],
        );
      // A pod of before may still answer the first ones.
      const arrives = async () => {
        answer = await post(`${url}predict`, { features });
        assert.equal(answer.status, 200, answer.body);
        return waitFor(async () => about().length === 2, 5000, 20);
      };
      assert.ok(await waitFor(arrives, TIMEOUT_MS), "the payloads do not arrive");
      const [request, response] = about();
      assert.deepEqual(JSON.parse(request?.body ?? ""), { features });
      assert.equal(response?.body, answer.body);
      assert.equal(request?.headers["ce-type"], "org.kubeflow.serving.inference.request");
      assert.equal(response?.headers["ce-type"], "org.kubeflow.serving.inference.response");
      for (const delivery of about()) {
        assert.equal(delivery.headers.authorization, "Bearer opensesame");
        assert.equal(delivery.headers["ce-namespace"], release.namespace);
        assert.equal(delivery.headers["ce-endpoint"], "default");
        assert.equal(delivery.headers["ce-modelsha256"], sha256OfModel("1.0.0"));
      }
      await receiver.stop();
      await checkPrediction(url, { golden: goldens["1.0.0"], sha256: sha256OfModel("1.0.0") });
      // One that ends may be gone before its log is read.
      const isAlone = async () => (await release.pods()).length === 1;
      assert.ok(await waitFor(isAlone, TIMEOUT_MS), (await release.pods()).join());
      for (const pod of await release.pods()) {
        const log = await release.kubectl("logs", pod);
        assert.ok(!log.includes("opensesame") && !log.includes(String(features?.[0])), log);
      }
    } finally {
      await receiver.stop();
      await release.kubectl("delete", "secret", "receiver");
    }
  });

  it("leaves nothing behind but the finished pods of the tests", async () => {
    await release.helm(["uninstall", name, ...waiting]);
    const testPods = `--selector=app.kubernetes.io/instance=${name},model-serving/track=test`;
    const tests = (await release.kubectl("get", "pods", "--output=name", testPods))
      .trim()
      .split("\n");
    assert.deepEqual(tests.sort(), [`pod/${name}-canary-test`, `pod/${name}-test`]);
    await release.kubectl("delete", "pods", testPods);
    let now: string[] = [];
    const isClean = async () => {
      now = await inventory();
      return now.join() === initially.join();
    };
    await waitFor(isClean, TIMEOUT_MS, 1000);
    assert.deepEqual(now, initially);
  });
});
