import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { at, chartFolder, ofKind, only, refusal, render, type Values } from "./helm";

interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
}

const alerts = (values: Values = {}, prometheusRule: Values = {}): Alert[] =>
  at(
    only(
      render({
        fullnameOverride: "wine",
        ...values,
        prometheusRule: { enabled: true, ...prometheusRule },
      }),
      "PrometheusRule",
    ),
    "spec.groups.0.rules",
  ) as Alert[];

function alert(name: string, ...args: Parameters<typeof alerts>): Alert {
  const found = alerts(...args).find((candidate) => candidate.alert === name);
  assert.ok(found, `no alert ${name}`);
  return found;
}

interface Panel {
  title: string;
  targets: { expr: string }[];
}

function dashboard(values: Values = {}): { title: string; uid: string; panels: Panel[] } {
  const made = only(
    render({ fullnameOverride: "wine", ...values, dashboard: { enabled: true } }),
    "ConfigMap",
  );
  const [content, ...others] = Object.values(made.data as Record<string, string>);
  assert.deepEqual(others, []);
  return JSON.parse(String(content));
}

const logging: Values = { payloadLogging: { enabled: true } };

/** The names of the metrics that the server gives, read from its source. */
function metricsOfServer(): Set<string> {
  const source = ["service/metrics.py", "web/metrics.py", "payload_log/metrics.py"]
    .map((file) => readFileSync(join(chartFolder, "../serving/model_server", file), "utf8"))
    .join();
  const suffixes: Record<string, string[]> = {
    Counter: ["_total"],
    Gauge: [""],
    // Without a suffix where Prometheus turns it into a native one.
    Histogram: ["", "_bucket", "_count", "_sum"],
    Info: ["_info"],
  };
  const families = source.matchAll(/(\w+)MetricFamily\(\s*"(\w+)"/g);
  return new Set(
    [...families].flatMap(([, kind = "", name = ""]) =>
      (suffixes[kind] ?? []).map((suffix) => name + suffix),
    ),
  );
}

describe("chart: alerts and dashboard", () => {
  it("are off by default", () => {
    assert.deepEqual(ofKind(render(), "PrometheusRule"), []);
    assert.deepEqual(ofKind(render(), "ConfigMap"), []);
  });

  it("ask for metrics that the server gives", () => {
    const given = metricsOfServer();
    assert.ok(given.has("model_server_requests_total"), [...given].join());
    const expressions = [
      ...alerts(logging).map(({ expr }) => expr),
      ...dashboard().panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ];
    const asked = expressions.flatMap((expr) => expr.match(/\bmodel_server_\w+/g) ?? []);
    assert.ok(asked.length > 10);
    for (const name of asked) {
      assert.ok(given.has(name), `the server has no metric ${name}`);
    }
  });

  it("look at this model alone, as the monitors name it", () => {
    const monitor = only(render({ podMonitor: { enabled: true } }), "PodMonitor");
    assert.equal(at(monitor, "spec.jobLabel"), "app.kubernetes.io/instance");
    for (const { expr, alert: name } of alerts()) {
      if (name !== "ModelRolloutStalled") {
        assert.match(expr, /namespace="models",job="demo"/, name);
      }
    }
    for (const { targets, title } of dashboard().panels) {
      for (const { expr } of targets) {
        assert.match(expr, /namespace="models",job="demo"/, title);
      }
    }
  });

  it("can look at what another set-up names otherwise", () => {
    const selector = 'app="wine",cluster="eu"';
    assert.match(alert("ModelErrors", {}, { selector }).expr, /\{app="wine",cluster="eu",route/);
  });

  it("measure against the objectives", () => {
    const objectives = { errorRatio: 0.001, latencySeconds: 0.025, latencyQuantile: 0.95 };
    assert.match(alert("ModelErrors", {}, { objectives }).expr, /> 0\.001$/);
    const slow = alert("ModelSlow", {}, { objectives }).expr;
    assert.match(
      slow,
      /^\(\s*histogram_quantile\(0\.95, .*_bucket.* or histogram_quantile\(0\.95, .*> 0\.025$/s,
    );
  });

  it("miss no pods where there may be none", () => {
    alert("ModelDown");
    const keda = { enabled: true, triggers: [{ type: "cpu", metadata: {} }] };
    assert.ok(!alerts({ keda }).some((candidate) => candidate.alert === "ModelDown"));
  });

  it("miss no payloads where none are logged", () => {
    assert.ok(!alerts().some((candidate) => candidate.alert === "ModelPayloadsLost"));
    const lost = alert("ModelPayloadsLost", logging);
    assert.deepEqual([lost.for, lost.labels.severity], ["10m", "warning"]);
    assert.match(lost.expr, /namespace="models",job="demo"/);
  });

  it("expect as many models as there are tracks", () => {
    assert.match(alert("ModelsMixed").expr, /> 1$/);
    const canary = { enabled: true, image: { tag: "2" } };
    const ingress = { enabled: true, hosts: [{ host: "wine.example.com" }] };
    assert.match(alert("ModelsMixed", { canary, ingress }).expr, /> 2$/);
  });

  it("wait until a fault lasts, and say what it is and what to look at", () => {
    const waits = Object.fromEntries(alerts().map(({ alert: name, for: wait }) => [name, wait]));
    assert.deepEqual(waits, {
      ModelErrors: "5m",
      ModelSlow: "10m",
      ModelOverloaded: "5m",
      ModelDown: "2m",
      // Kubernetes has waited already, for progressDeadlineSeconds.
      ModelRolloutStalled: undefined,
      ModelsMixed: "30m",
    });
    for (const { alert: name, annotations, labels } of alerts()) {
      assert.match(String(annotations?.summary), /wine|\$labels\.deployment/, name);
      assert.ok(String(annotations?.description).length > 20, name);
      assert.match(String(labels.severity), /^(critical|warning)$/, name);
    }
  });

  it("take further rules, and name the model and how severe it is", () => {
    const rule = { alert: "Quiet", expr: "vector(0) == 1" };
    assert.deepEqual(alerts({}, { rules: [rule] }).at(-1), rule);
    assert.deepEqual(alert("ModelDown").labels, { model: "wine", severity: "critical" });
  });

  it("are told apart in Grafana by namespace and name", () => {
    const made = dashboard();
    assert.equal(made.title, "Model wine (models)");
    assert.match(made.uid, /^[0-9a-f]{40}$/);
    assert.notEqual(made.uid, dashboard({ fullnameOverride: "churn" }).uid);
  });

  it("are refused with an objective that nothing could miss", () => {
    const prometheusRule = { enabled: true, objectives: { latencySeconds: 1, errorRatio: 1 } };
    const message = refusal({ prometheusRule });
    assert.match(message, /at '\/prometheusRule\/objectives\/latencySeconds'/);
    assert.match(message, /at '\/prometheusRule\/objectives\/errorRatio'/);
  });
});
