/** The chart's network policies where they are enforced: who reaches a model, and what a model reaches. */
import * as assert from "node:assert/strict";
import * as path from "node:path";
import { CLUSTER_DOMAIN, NODE_IP, PROJECT_DIR } from "../../local/settings";
import { awaitPrediction, post } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { Feast, WINES, wines } from "../end-to-end/feast";
import {
  buildProgram,
  goldens,
  MODEL,
  PlainRelease,
  sha256OfModel,
} from "../end-to-end/plainRelease";
import { kubectl } from "../end-to-end/workingCopy";
import { sha256Of } from "../sha256Of";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { KubeRouter } from "./kubeRouter";
import { Neighbour, type Place, Pod, removeNamespace } from "./pods";

const NAMESPACE = "network-policy";
const FRIENDS = `${NAMESPACE}-friends`;
const STRANGERS = `${NAMESPACE}-strangers`;
const release = new PlainRelease(NAMESPACE);

const egressTo = (namespace: string) => {
  const matchLabels = { "kubernetes.io/metadata.name": namespace };
  return [{ to: [{ namespaceSelector: { matchLabels } }] }];
};

describe("a model with a network policy", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let router: KubeRouter | undefined;
  let values: Record<string, unknown>;
  let sibling: Neighbour;
  let friend: Neighbour;
  let stranger: Neighbour;
  const server = new Pod(NAMESPACE, `deployment/${MODEL}`);
  const model: Place = { host: `${MODEL}.${NAMESPACE}.svc.${CLUSTER_DOMAIN}`, port: 80 };

  before(async () => {
    values = await release.prepare();
    for (const namespace of [FRIENDS, STRANGERS]) {
      await kubectl("create", "namespace", namespace);
    }
    const file = path.join(PROJECT_DIR, "models", MODEL, "2.0.0", "model.pkl");
    const inNamespace = `--namespace=${FRIENDS}`;
    await kubectl("create", "configmap", "models", `--from-file=${file}`, inNamespace);
    sibling = await Neighbour.start(NAMESPACE);
    friend = await Neighbour.start(FRIENDS, { configMap: "models" });
    stranger = await Neighbour.start(STRANGERS, { labels: { role: "client" } });
    router = await KubeRouter.start();
    await release.install(values);
  });
  after(async () => {
    await Promise.all([NAMESPACE, FRIENDS, STRANGERS].map(removeNamespace));
    await router?.stop();
  });

  // The platform's DNS is a process of the node.
  const dnsPeers = [{ ipBlock: { cidr: `${NODE_IP}/32` } }];
  const withPolicy = (policy: object, others: object = {}) =>
    release.upgrade({
      ...values,
      ...others,
      networkPolicy: { enabled: true, dnsPeers, ...policy },
    });

  async function becomes(ask: () => Promise<string>, isWanted: (said: string) => boolean) {
    let said = "";
    const asked = async () => {
      said = await ask();
      return isWanted(said);
    };
    assert.ok(await waitFor(asked, TIMEOUT_MS), `${said}\n${router?.log()}`);
  }
  const reaches = (from: Pod, to: Place) =>
    becomes(
      () => from.tries(to),
      (said) => said === "reached",
    );
  const isRefused = (said: string) => /^(ConnectionRefusedError|TimeoutError)/.test(said);
  const misses = (from: Pod, to: Place) => becomes(() => from.tries(to), isRefused);

  it("is reached by everybody, and reaches everything, while there is none", async () => {
    for (const neighbour of [sibling, friend, stranger]) {
      await reaches(neighbour, model);
      await reaches(server, neighbour.place);
    }
  });

  it("is reached from its own namespace and through the ingress only, and reaches nothing but the DNS", async () => {
    await withPolicy({});
    await misses(friend, model);
    await misses(stranger, model);
    await reaches(sibling, model);
    for (const neighbour of [sibling, friend, stranger]) {
      await misses(server, neighbour.place);
    }
    assert.equal(await server.looksUp(stranger.place.host), "resolved");
    await awaitPrediction(release.url, { golden: goldens["1.0.0"] });
  });

  it("is reached from namespaces that are allowed by name", async () => {
    await withPolicy({ allowNamespaces: [FRIENDS] });
    await reaches(friend, model);
    await misses(stranger, model);
  });

  it("is reached by pods that are allowed by their labels", async () => {
    const peer = { namespaceSelector: {}, podSelector: { matchLabels: { role: "client" } } };
    await withPolicy({ allowFrom: [peer] });
    await reaches(stranger, model);
    await misses(friend, model);
  });

  it("is reached by the pod of `helm test` if by nobody else", async () => {
    await withPolicy({ allowSameNamespace: false });
    await misses(sibling, model);
    const said = await release.helm(["test", MODEL, "--logs", "--timeout=90s"]);
    assert.match(said, /Phase: +Succeeded/);
  });

  it("lets that pod reach the model and nothing else, and nobody reach it", async () => {
    const labels = {
      "app.kubernetes.io/name": "model-serving",
      "app.kubernetes.io/instance": MODEL,
      "model-serving/track": "test",
    };
    const tester = await Neighbour.start(NAMESPACE, { name: "tester", labels });
    await reaches(tester, model);
    await misses(tester, sibling.place);
    await misses(sibling, tester.place);
  });

  it("reaches what is allowed", async () => {
    await withPolicy({ egress: egressTo(FRIENDS) });
    await reaches(server, friend.place);
    await misses(server, stranger.place);
  });

  it("asks no DNS where that is not allowed", async () => {
    await withPolicy({ allowDNS: false });
    await becomes(
      () => server.looksUp(friend.place.host),
      (said) => said !== "resolved",
    );
    await awaitPrediction(release.url, { golden: goldens["1.0.0"] });
  });

  it("asks no DNS but the one that it is told of", async () => {
    await withPolicy({ dnsPeers: [{ ipBlock: { cidr: "192.0.2.53/32" } }] });
    await becomes(
      () => server.looksUp(friend.place.host),
      (said) => said !== "resolved",
    );
  });

  it("reaches the sink of its payload log without being told", async () => {
    const { host, port } = friend.place;
    const sink = { url: `http://${host}:${port}/` };
    await withPolicy({}, { payloadLogging: { enabled: true, sink } });
    await reaches(server, friend.place);
    await misses(server, stranger.place);
  });

  it("reaches its feature store without being told", async () => {
    const feast = await Feast.start();
    try {
      const file = path.join(WINES, "model.pkl");
      await release.kubectl("create", "configmap", "wine", `--from-file=${file}`);
      const wine = {
        version: "1.0.0",
        sha256: sha256Of(file),
        source: "configMap",
        configMap: { name: "wine", key: "model.pkl" },
      };
      await withPolicy({}, { model: wine, featureStore: feast.values() });
      await awaitPrediction(release.url, { golden: wines });
      const { body } = await post(`${release.url}predict`, { entities: { wine_id: 1 } });
      assert.deepEqual(JSON.parse(body), { prediction: wines.predictions[0] });
      await misses(server, stranger.place);
    } finally {
      await feast.stop();
    }
  });

  it("is downloaded from where that is allowed", async () => {
    const image = await buildProgram(NAMESPACE, "fetcher");
    const { host, port } = friend.place;
    const downloaded = {
      version: "2.0.0",
      sha256: sha256OfModel("2.0.0"),
      source: "uri",
      uri: { location: `http://${host}:${port}/model.pkl`, image },
    };
    await withPolicy({ egress: egressTo(FRIENDS) }, { model: downloaded });
    await release.awaitOnly("2.0.0");
    await misses(server, stranger.place);
  });
});
