/** What watches a deployed model: the operator's monitors and rules, dashboard and alerts, on real parts. */
import * as assert from "node:assert/strict";
import { awaitPrediction, post } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { installCustomResources } from "./customResources";
import { goldens, MODEL, modelValues, PlainRelease } from "./plainRelease";
import { Prometheus } from "./prometheus";

const release = new PlainRelease("chart-monitoring");
const [row] = goldens["1.0.0"].features;

/** A request that a server which may hold next to nothing fails for lack of memory: its own fault. */
const askMuch = () => post(`${release.url}predict`, { features: Array(900_000).fill(1) });

/** Asks on while something is waited for: a rate needs something that goes on. */
async function whileAsking(
  ask: () => Promise<unknown>,
  condition: () => Promise<boolean>,
  what: () => string,
): Promise<void> {
  const isTrue = async () => {
    await ask().catch(() => undefined);
    return condition();
  };
  assert.ok(await waitFor(isTrue, TIMEOUT_MS, 200), what());
}

const predict = () => post(`${release.url}predict`, { features: row });

describe("a model under the eyes of Prometheus", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  const prometheus = new Prometheus(release.namespace);
  let values: Record<string, unknown>;

  before(async () => {
    await installCustomResources();
    values = {
      ...(await release.prepare()),
      replicaCount: 2,
      // A pod that takes longer to answer counts as down.
      podMonitor: { enabled: true, interval: "5s", scrapeTimeout: "5s" },
      prometheusRule: { enabled: true },
      dashboard: { enabled: true },
    };
    await release.install(values);
    await awaitPrediction(release.url, { golden: goldens["1.0.0"] });
    await prometheus.start();
  });
  after(async () => {
    await prometheus.stop();
    await release.remove();
  });

  /** Whether the pods are found by their Service, and only so. */
  const isByService = (text: string) =>
    text.includes("serviceMonitor/") && !text.includes("podMonitor/");

  /** The labels of the pods that are read. */
  async function readPods(): Promise<Record<string, string>[]> {
    const targets = await prometheus.targets();
    return targets.filter(({ health }) => health === "up").map(({ labels }) => labels);
  }

  async function isReadAs(expected: Record<string, string>): Promise<boolean> {
    const pods = await readPods();
    return (
      pods.length === 2 &&
      pods.every((labels) =>
        Object.entries(expected).every(([name, value]) => labels[name] === value),
      )
    );
  }

  const labels = {
    namespace: release.namespace,
    job: release.name,
    model_serving_model: MODEL,
    model_serving_version: "1.0.0",
    model_serving_track: "stable",
  };

  it("is found by its PodMonitor, with labels that say which model answers", async () => {
    const isFound = () => isReadAs(labels);
    assert.ok(await waitFor(isFound, TIMEOUT_MS), JSON.stringify(await prometheus.targets()));
  });

  async function dashboardExpressions(): Promise<string[]> {
    const { data } = JSON.parse(
      await release.kubectl("get", "configmap", `${MODEL}-dashboard`, "--output=json"),
    ) as { data: Record<string, string> };
    const [content = ""] = Object.values(data);
    const { panels } = JSON.parse(content) as { panels: { targets: { expr: string }[] }[] };
    return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  }

  async function areAnswered(expressions: string[]): Promise<void> {
    let open = expressions;
    const isAnswered = async () => {
      const found = await Promise.all(
        expressions.map(async (expr) => {
          const samples = await prometheus.query(expr.replaceAll("$__rate_interval", "20s"));
          const isKnown = samples.length > 0 && samples.every(({ value }) => value[1] !== "NaN");
          return isKnown ? [] : [expr];
        }),
      );
      open = found.flat();
      return open.length === 0;
    };
    await whileAsking(predict, isAnswered, () => `nothing is known of ${open.join("\n")}`);
  }

  it("answers every question of the dashboard", async () => {
    const expressions = await dashboardExpressions();
    assert.ok(expressions.length > 5);
    await areAnswered(expressions);
  });

  it("answers them as well where Prometheus makes native histograms of the classic ones", async () => {
    const patch = JSON.stringify({ spec: { convertClassicHistogramsToNHCB: true } });
    await release.kubectl("patch", `podmonitor/${MODEL}`, "--type=merge", `--patch=${patch}`);
    await prometheus.reload((text) => text.includes("convert_classic_histograms_to_nhcb: true"));
    // The way that is left when the last classic ones are forgotten.
    const native = (await dashboardExpressions()).flatMap((expr) => expr.split(" or ").slice(1));
    assert.equal(native.length, 3);
    await areAnswered(native);
  });

  it("has rules that Prometheus evaluates, none of which complains", async () => {
    let rules = await prometheus.rules();
    // One may complain for a moment, of a pod that was slow to answer Prometheus.
    const areContent = async () => {
      rules = await prometheus.rules();
      return rules.every(({ health, state }) => health === "ok" && state === "inactive");
    };
    assert.ok(await waitFor(areContent, TIMEOUT_MS), JSON.stringify(rules));
    assert.equal(rules.length, 6);
  });

  it("is found by its ServiceMonitor in the same way", async () => {
    const { podMonitor, ...others } = values;
    values = { ...others, serviceMonitor: podMonitor };
    await release.upgrade(values);
    await prometheus.reload(isByService);
    assert.ok(
      await waitFor(() => isReadAs(labels), TIMEOUT_MS),
      JSON.stringify(await prometheus.targets()),
    );
  });

  it("may have a canary, which is no mixture of models", async () => {
    await release.upgrade({
      ...values,
      canary: { enabled: true, ingressController: "skipper", model: modelValues("2.0.0") },
    });
    await prometheus.reload(isByService);
    const isSeen = async () =>
      (await prometheus.query("count(count by (sha256) (model_server_model_info))"))[0]
        ?.value[1] === "2";
    assert.ok(await waitFor(isSeen, TIMEOUT_MS));
    assert.ok(!(await prometheus.isFiring("ModelsMixed")));
  });

  it("alerts on requests that are refused", async () => {
    await release.upgrade({ ...values, server: { maxBufferedBytes: 1 } });
    await prometheus.reload(isByService);
    await whileAsking(
      async () => assert.equal((await askMuch()).status, 503),
      () => prometheus.isFiring("ModelOverloaded"),
      () => "no alert on refusals",
    );
  });

  it("alerts on answers that fail", async () => {
    const features = (row ?? []).map((_, i) => `absent:f${i}`);
    const featureStore = {
      enabled: true,
      // Where nobody listens.
      url: "http://127.0.0.1:9",
      entityKeys: { id: "integer" },
      features,
    };
    await release.upgrade({ ...values, featureStore });
    await prometheus.reload(isByService);
    await whileAsking(
      async () => {
        const { status } = await post(`${release.url}predict`, { entities: { id: 1 } });
        assert.equal(status, 503);
      },
      () => prometheus.isFiring("ModelErrors"),
      () => "no alert on errors",
    );
  });

  // Less than five minutes after the change of the monitor: for so long Prometheus would take series that
  // nobody goes on with for alive.
  it("alerts when no pod is left", async () => {
    const isQuiet = async () => !(await prometheus.isFiring("ModelDown"));
    assert.ok(await waitFor(isQuiet, TIMEOUT_MS), JSON.stringify(await prometheus.targets()));
    await release.kubectl("scale", `deployment/${MODEL}`, "--replicas=0");
    const isTold = () => prometheus.isFiring("ModelDown");
    assert.ok(await waitFor(isTold, 120_000), JSON.stringify(await prometheus.targets()));
  });
});
