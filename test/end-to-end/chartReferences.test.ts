/** What the chart's values name and the cluster does not have: refused at once, not after a timeout. */
import * as assert from "node:assert/strict";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { type RunResult, tryRun, waitFor } from "../../shared/run";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import {
  awaitRight,
  createNamespace,
  kubectl,
  removeNamespaces,
  STACK,
  WorkingCopy,
} from "./workingCopy";

const NAMESPACE = "chart-references";
const CHART = path.join(PROJECT_DIR, "chart");
/** In seconds; what is refused must not have waited for pods at all. */
const RELEASE_TIMEOUT = 300;
const env = environment(true);

type Values = Record<string, unknown>;

function helm(values: Values, ...args: string[]): Promise<RunResult> {
  const wanted = [...args, "references", CHART, `--namespace=${NAMESPACE}`, "--values=-"];
  return tryRun("helm", wanted, { env, input: JSON.stringify(values) });
}

/** Renders with a cluster that answers, and changes nothing. */
const wouldInstall = (values: Values, ...args: string[]) =>
  helm(values, "install", "--dry-run=server", ...args);

const sha256 = "a".repeat(64);
const fromConfigMap = (configMap: Values) => ({ source: "configMap", sha256, configMap });
const fromClaim = (existingClaim: string) => ({
  source: "persistentVolumeClaim",
  sha256,
  persistentVolumeClaim: { existingClaim },
});
const fromUri = (uri: Values) => ({
  source: "uri",
  sha256,
  uri: { location: "s3://models/wine/model.ubj", ...uri },
});

const forwarding = (existingSecret: string, variable: string) => ({
  logForwarding: {
    enabled: true,
    existingSecret,
    outputs: [{ name: "http", http_passwd: `\${${variable}}` }],
  },
});

const featureStore = (auth: Values, caConfigMapName = "") => ({
  featureStore: {
    enabled: true,
    url: "https://feast.features:6566",
    entityKeys: { wine_id: "integer" },
    features: ["wine:ash"],
    auth,
    caConfigMapName,
  },
});

const payloadLogging = (auth: Values, caConfigMapName = "") => ({
  payloadLogging: {
    enabled: true,
    sink: { url: "https://receiver.monitoring:8080/", auth, caConfigMapName },
  },
});

interface Case {
  it: string;
  values: Values;
  says: string;
  remedied: Values;
}

const cases: Case[] = [
  {
    it: "a ConfigMap that is not there",
    values: { model: fromConfigMap({ name: "win" }) },
    says: `model.configMap.name is win, but the namespace ${NAMESPACE} has no such ConfigMap: create it, or name one of those that \`kubectl get configmap --namespace ${NAMESPACE}\` lists`,
    remedied: { model: fromConfigMap({ name: "wine" }) },
  },
  {
    it: "a ConfigMap without the model",
    values: { model: fromConfigMap({ name: "wine", key: "model.json" }) },
    says: "model.configMap.key needs the key model.json in the ConfigMap wine, which has golden.json, model.ubj: name one of these",
    remedied: { model: fromConfigMap({ name: "wine", key: "model.ubj" }) },
  },
  {
    it: "a ConfigMap without the golden requests",
    values: { model: fromConfigMap({ name: "wine", goldenKey: "golden" }) },
    says: "model.configMap.goldenKey needs the key golden in the ConfigMap wine",
    remedied: { model: fromConfigMap({ name: "wine", goldenKey: "golden.json" }) },
  },
  {
    it: "a claim that is not there",
    values: { model: fromClaim("team") },
    says: `model.persistentVolumeClaim.existingClaim is team, but the namespace ${NAMESPACE} has no such PersistentVolumeClaim`,
    remedied: { model: fromClaim("team-models") },
  },
  {
    it: "credentials of the download that are not there",
    values: { model: fromUri({ existingSecret: "wine-key" }) },
    says: `model.uri.existingSecret is wine-key, but the namespace ${NAMESPACE} has no such Secret`,
    remedied: { model: fromUri({ existingSecret: "wine-keys" }) },
  },
  {
    it: "credentials of a registry in a Secret of another type",
    values: { model: fromUri({ registrySecretName: "wine-keys" }) },
    says: "model.uri.registrySecretName needs the key .dockerconfigjson in the Secret wine-keys, which has AWS_ACCESS_KEY_ID: make it with `kubectl create secret docker-registry`",
    remedied: { model: fromUri({ registrySecretName: "registry" }) },
  },
  {
    it: "a ConfigMap without the authority to trust",
    values: { model: fromUri({ caConfigMapName: "wine" }) },
    says: "model.uri.caConfigMapName needs the key ca.crt in the ConfigMap wine",
    remedied: { model: fromUri({ caConfigMapName: "kube-root-ca.crt" }) },
  },
  {
    it: "secrets of the log forwarder that are not there",
    values: forwarding("logs", "AWS_ACCESS_KEY_ID"),
    says: `logForwarding.existingSecret is logs, but the namespace ${NAMESPACE} has no such Secret`,
    remedied: forwarding("wine-keys", "AWS_ACCESS_KEY_ID"),
  },
  {
    it: "a secret of the log forwarder that its Secret does not hold",
    values: forwarding("wine-keys", "PASSWORD"),
    says: "logForwarding.outputs[0].http_passwd needs the key PASSWORD in the Secret wine-keys, which has AWS_ACCESS_KEY_ID",
    remedied: forwarding("wine-keys", "AWS_ACCESS_KEY_ID"),
  },
  {
    it: "the feature store's token that is not there",
    values: featureStore({ existingSecret: "feast" }),
    says: `featureStore.auth.existingSecret is feast, but the namespace ${NAMESPACE} has no such Secret`,
    remedied: featureStore({ existingSecret: "wine-keys", secretKey: "AWS_ACCESS_KEY_ID" }),
  },
  {
    it: "the feature store's token under another key",
    values: featureStore({ existingSecret: "wine-keys" }, "kube-root-ca.crt"),
    says: "featureStore.auth.secretKey needs the key token in the Secret wine-keys, which has AWS_ACCESS_KEY_ID: name one of these",
    remedied: featureStore({ existingSecret: "wine-keys", secretKey: "AWS_ACCESS_KEY_ID" }),
  },
  {
    it: "an authority of the feature store that is not there",
    values: featureStore({}, "company"),
    says: `featureStore.caConfigMapName is company, but the namespace ${NAMESPACE} has no such ConfigMap`,
    remedied: featureStore({}, "kube-root-ca.crt"),
  },
  {
    it: "the token of the payloads' sink that is not there",
    values: payloadLogging({ existingSecret: "receiver" }),
    says: `payloadLogging.sink.auth.existingSecret is receiver, but the namespace ${NAMESPACE} has no such Secret`,
    remedied: payloadLogging({ existingSecret: "wine-keys", secretKey: "AWS_ACCESS_KEY_ID" }),
  },
  {
    it: "the authority of the payloads' sink under another key",
    values: payloadLogging({}, "wine"),
    says: "payloadLogging.sink.caConfigMapName needs the key ca.crt in the ConfigMap wine",
    remedied: payloadLogging({}, "kube-root-ca.crt"),
  },
  {
    it: "credentials of the nodes that are not there",
    values: { imagePullSecrets: [{ name: "registry" }, { name: "regsitry" }] },
    says: `imagePullSecrets[1].name is regsitry, but the namespace ${NAMESPACE} has no such Secret`,
    remedied: { imagePullSecrets: [{ name: "registry" }] },
  },
  {
    it: "what variables of the server are read from",
    values: {
      env: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "wine-keys", key: "KEY" } } }],
      envFrom: [{ configMapRef: { name: "absent", optional: true } }],
    },
    says: "env[0].valueFrom.secretKeyRef.key needs the key KEY in the Secret wine-keys",
    remedied: {
      env: [
        {
          name: "KEY",
          valueFrom: { secretKeyRef: { name: "absent", key: "KEY", optional: true } },
        },
      ],
    },
  },
  {
    it: "a Secret that becomes variables of the server",
    values: { envFrom: [{ secretRef: { name: "absent" } }] },
    says: `envFrom[0].secretRef.name is absent, but the namespace ${NAMESPACE} has no such Secret`,
    remedied: { envFrom: [{ secretRef: { name: "wine-keys" } }] },
  },
  {
    it: "a volume's Secret",
    values: { volumes: [{ name: "a", secret: { secretName: "absent" } }] },
    says: "volumes[0].secret.secretName is absent",
    remedied: { volumes: [{ name: "a", secret: { secretName: "wine-keys" } }] },
  },
  {
    it: "the ConfigMap of a canary that is not there",
    values: {
      model: fromConfigMap({ name: "wine" }),
      canary: { enabled: true, model: { sha256, configMap: { name: "wine-2" } } },
      ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] },
    },
    says: "canary.model.configMap.name is wine-2",
    remedied: {
      model: fromConfigMap({ name: "wine" }),
      canary: { enabled: true, model: { sha256, configMap: { name: "wine" } } },
      ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] },
    },
  },
];

describe("what the chart's values name and the cluster does not have", function () {
  this.timeout(TEST_TIMEOUT_MS);

  before(async () => {
    await createNamespace(NAMESPACE);
    const create = (...args: string[]) => kubectl("create", ...args, `--namespace=${NAMESPACE}`);
    const literals = ["model.ubj", "golden.json"].map((key) => `--from-literal=${key}=x`);
    await create("configmap", "wine", ...literals);
    await create("secret", "generic", "wine-keys", "--from-literal=AWS_ACCESS_KEY_ID=x");
    const login = ["server=example.com", "username=x", "password=x"].map(
      (word) => `--docker-${word}`,
    );
    await create("secret", "docker-registry", "registry", ...login);
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "team-models" },
      spec: { accessModes: ["ReadOnlyMany"], resources: { requests: { storage: "1Gi" } } },
    };
    const args = ["create", "--filename=-", `--namespace=${NAMESPACE}`];
    const { code, stderr } = await tryRun("kubectl", args, { env, input: JSON.stringify(claim) });
    assert.equal(code, 0, stderr);
    // By this one the chart knows that its questions are answered.
    const isThere = () =>
      tryRun("kubectl", ["get", "configmap/kube-root-ca.crt", `--namespace=${NAMESPACE}`], { env });
    assert.ok(await waitFor(async () => (await isThere()).code === 0, TIMEOUT_MS));
  });

  after(() => removeNamespaces(NAMESPACE));

  for (const { it: what, values, says, remedied } of cases) {
    it(`refuses ${what}, and takes the remedy`, async () => {
      const { code, stderr } = await wouldInstall(values);
      assert.notEqual(code, 0, "it was taken");
      assert.ok(stderr.includes(`- ${says}`), stderr);
      const { code: ended, stderr: printed } = await wouldInstall(remedied);
      assert.equal(ended, 0, printed);
    });
  }

  it("is told at once by an install that would wait for pods, which leaves nothing", async () => {
    const start = Date.now();
    const values = { model: fromConfigMap({ name: "win" }) };
    const wait = ["--wait", `--timeout=${RELEASE_TIMEOUT}s`];
    const { code, stderr } = await helm(values, "upgrade", "--install", ...wait);
    const seconds = (Date.now() - start) / 1000;
    assert.notEqual(code, 0);
    assert.match(stderr, /- model\.configMap\.name is win, /);
    assert.ok(seconds < RELEASE_TIMEOUT, `it took ${seconds} s`);
    const releases = ["list", "--all", "--short", `--namespace=${NAMESPACE}`];
    assert.equal((await tryRun("helm", releases, { env })).stdout, "");
    const left = ["deployments,services", `--namespace=${NAMESPACE}`, "--output=name"];
    assert.equal(await kubectl("get", ...left), "");
  });

  it("tells everything at once", async () => {
    const model = fromUri({ existingSecret: "a", registrySecretName: "b" });
    const { stderr } = await wouldInstall({ model, imagePullSecrets: [{ name: "c" }] });
    const told = [...stderr.matchAll(/^ {2}- (\S+) is/gm)].map(([, key]) => key);
    assert.deepEqual(told, [
      "imagePullSecrets[0].name",
      "model.uri.existingSecret",
      "model.uri.registrySecretName",
    ]);
  });

  it("may come with the release itself", async () => {
    const absent = { model: fromUri({ existingSecret: "from-vault" }) };
    const maker = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "maker" },
      data: { target: "from-vault" },
    };
    const brought = await wouldInstall({ ...absent, extraObjects: [maker] });
    assert.equal(brought.code, 0, brought.stderr);
    const other = { ...maker, data: { target: "not-from-vault" } };
    const refused = await wouldInstall({ ...absent, extraObjects: [other] });
    assert.match(refused.stderr, /model\.uri\.existingSecret is from-vault/);
  });

  it("is not asked for without a cluster, nor where that is switched off", async () => {
    const values = { model: fromConfigMap({ name: "win" }) };
    const offline = await helm(values, "install", "--dry-run=client");
    assert.equal(offline.code, 0, offline.stderr);
    const unchecked = await wouldInstall({ ...values, validateReferences: false });
    assert.equal(unchecked.code, 0, unchecked.stderr);
  });

  it("needs the right to ask, by whose lack Helm names what is missing", async () => {
    const space = `--namespace=${NAMESPACE}`;
    // What Helm itself asks for, without what the chart does.
    const rights = ["--verb=get,list,create", "--resource=secrets,services,deployments.apps"];
    await kubectl("create", "role", "deployer", ...rights, space);
    const binding = ["deployer", "--role=deployer", "--user=chart-deployer"];
    await kubectl("create", "rolebinding", ...binding, space);
    await awaitRight("chart-deployer", ["list", "secrets"], NAMESPACE);
    const values = { model: fromConfigMap({ name: "wine" }) };
    const refused = await wouldInstall(values, "--kube-as-user=chart-deployer");
    assert.match(refused.stderr, /error calling lookup: configmaps "wine" is forbidden/);
    const noQuestion = { ...values, validateReferences: false };
    const { code, stderr } = await wouldInstall(noQuestion, "--kube-as-user=chart-deployer");
    assert.equal(code, 0, stderr);
  });

  it("is no obstacle to a preview in which ConfigMap and release are both to be made", async () => {
    const copy = WorkingCopy.create(NAMESPACE);
    try {
      await copy.pulumi("stack", "init", STACK);
      copy.writeConfig((config) => ({
        ...config,
        "model-deployment:createNamespace": false,
        "model-deployment:source": { configMap: { path: "models/{name}/{tag}/model.pkl" } },
      }));
      const changes = await copy.previewChanges();
      assert.equal(changes["kubernetes:core/v1:ConfigMap"], "create");
      assert.equal(changes["kubernetes:helm.sh/v3:Release"], "create");
    } finally {
      copy.remove();
    }
  });
});
