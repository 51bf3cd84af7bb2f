/**
 * Every scenario of the chart installed on the real cluster. With a real image and model in place of
 * those that it names it has to predict; where what it needs cannot be had here, such as a sidecar's
 * image, it has to be installed and removed again.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { environment } from "../../local/environment";
import { type RunResult, run, tryRun, waitFor } from "../../shared/run";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { installCustomResources } from "./customResources";
import { CHART, goldens, modelValues, PlainRelease, waiting } from "./plainRelease";
import { SMALL } from "./workingCopy";

interface Scenario {
  file: string;
  values: Record<string, unknown> & {
    model?: { source?: string };
    server?: { kind?: string };
    canary?: object;
  };
}

const scenarios: Scenario[] = fs
  .readdirSync(path.join(CHART, "ci"))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => ({ file, values: parse(fs.readFileSync(path.join(CHART, "ci", file), "utf8")) }));

/** Whether its pods can run here: no image, server, volume, store or node of somebody else's. */
const canRun = ({ values }: Scenario): boolean =>
  values.server?.kind !== "own" &&
  ["image", "configMap"].includes(values.model?.source ?? "image") &&
  !["initContainers", "logForwarding", "nodeSelector", "featureStore", "payloadLogging"].some(
    (key) => key in values,
  );

const release = new PlainRelease("chart-scenarios-run", "scenario");
const { namespace, name } = release;

/** What scenarios expect to find in the namespace. */
const found = [
  ["configmap", "churn-8d96", "--from-literal=model.pkl=none", "--from-literal=golden.json={}"],
  [
    "secret",
    "docker-registry",
    "registry-credentials",
    "--docker-username=a",
    "--docker-password=b",
  ],
  ["secret", "generic", "pricing-certificates", "--from-literal=tls.crt=a"],
  ["secret", "generic", "wine-models", "--from-literal=AWS_ACCESS_KEY_ID=a"],
  ["secret", "generic", "loki-credentials", "--from-literal=LOKI_PASSWORD=a"],
  ["secret", "generic", "feast-token", "--from-literal=token=a"],
  ["secret", "generic", "drift-detector", "--from-literal=token=a"],
  ["configmap", "company-authority", "--from-literal=ca.crt=a"],
];

describe("the chart's scenarios on a real cluster", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let real: Record<string, unknown>;
  let image: { repository: string; digest: string };

  before(async () => {
    await installCustomResources();
    ({ image } = (await release.prepare()) as { image: typeof image });
    for (const object of found) {
      await release.kubectl("create", ...object);
    }
    const env = environment(true);
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "models", namespace },
      spec: { accessModes: ["ReadOnlyMany"], resources: { requests: { storage: "1Gi" } } },
    };
    await run("kubectl", ["create", "--filename=-"], { env, input: JSON.stringify(claim) });
    real = {
      fullnameOverride: name,
      image: { ...image, tag: "" },
      // The sample model is a pickle, which some scenarios do not take.
      model: { ...modelValues("1.0.0"), allowPickle: true },
      // Nobody asks those that leave.
      shutdown: { delaySeconds: 0 },
      resources: {
        // The node of the local platform does not count what pods have on disk.
        requests: { ...SMALL.requests, "ephemeral-storage": "0" },
        limits: { cpu: "500m", memory: "512Mi" },
      },
    };
  });
  after(() => release.remove());

  afterEach(() => release.helm(["uninstall", name, "--wait", "--ignore-not-found"]));

  const install = (file: string, values: unknown, ...args: string[]) =>
    release.helm(
      ["install", name, CHART, `--values=${path.join(CHART, "ci", file)}`, ...args],
      values,
    );

  /** Asks through the API server, as the scenario may have no way in from outside. */
  async function predict(): Promise<number> {
    const service = `/api/v1/namespaces/${namespace}/services/${name}:http/proxy/predict`;
    const [row] = goldens["1.0.0"].features;
    let answer: RunResult | undefined;
    // The Service takes a moment to learn of pods that have become ready.
    const hasAnswered = async () => {
      answer = await tryRun("kubectl", ["create", "--raw", service, "--filename=-"], {
        env: environment(true),
        input: JSON.stringify({ features: row }),
      });
      return answer.code === 0 || !/no endpoints available/.test(answer.stderr);
    };
    await waitFor(hasAnswered, TIMEOUT_MS);
    assert.equal(answer?.code, 0, answer?.stderr);
    return (JSON.parse(answer?.stdout ?? "") as { prediction: number }).prediction;
  }

  for (const scenario of scenarios) {
    const { file, values } = scenario;
    if (canRun(scenario)) {
      it(`predicts: ${file}`, async () => {
        const canary = { image: { ...image, tag: "" }, model: modelValues("2.0.0") };
        await install(file, { ...real, ...(values.canary && { canary }) }, ...waiting);
        assert.equal(await predict(), goldens["1.0.0"].predictions[0]);
      });
    } else {
      it(`is installed and removed: ${file}`, async () => {
        await install(file, { resources: SMALL });
        const selector = `--selector=app.kubernetes.io/instance=${name}`;
        const made = await release.kubectl(
          "get",
          "deployments,services",
          selector,
          "--output=name",
        );
        assert.ok(made.trim().split("\n").length >= 2, made);
      });
    }
  }
});
