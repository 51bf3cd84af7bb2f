/** The chart several times in one parent chart, as real Helm renders it. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { readChart } from "../../components/release/chart";
import { at, chartFolder, helm, type Manifest, ofKind } from "./helm";

const aliases = ["churn", "fraud"];

describe("chart: several times in one parent chart", () => {
  let parent: string;
  before(() => {
    parent = mkdtempSync(join(tmpdir(), "chart-parent-"));
    const { version } = readChart(chartFolder);
    const dependencies = aliases.map((alias) => ({ name: "model-serving", version, alias }));
    const chart = { apiVersion: "v2", name: "models", version: "1.0.0", dependencies };
    writeFileSync(join(parent, "Chart.yaml"), stringify(chart));
    cpSync(chartFolder, join(parent, "charts/model-serving"), { recursive: true });
  });
  after(() => rmSync(parent, { recursive: true }));

  function renderParent(release: string, values: object = {}): Manifest[] {
    const both = Object.fromEntries(aliases.map((alias) => [alias, values]));
    const args = ["template", release, parent, "--namespace=models", "--values=-"];
    const { ok, stdout, stderr } = helm(args, JSON.stringify(both));
    assert.ok(ok, stderr);
    return parseAllDocuments(stdout)
      .map((document) => document.toJS() as Manifest | null)
      .filter((manifest) => manifest !== null);
  }

  const enabled = { enabled: true };
  const everything = {
    autoscaling: enabled,
    podDisruptionBudget: enabled,
    serviceAccount: { create: true },
    networkPolicy: enabled,
    podMonitor: enabled,
    prometheusRule: enabled,
    dashboard: enabled,
  };

  it("has names of its own for every object, whatever the release is called", () => {
    for (const release of [
      "prod",
      "churn",
      "churn-and-fraud",
      "a-release-with-a-name-as-long-as-helm-takes-them-xxxx",
    ]) {
      const names = renderParent(release, everything).map(
        ({ kind, metadata }) => `${kind} ${metadata.name}`,
      );
      assert.ok(names.length > 16);
      assert.deepEqual(names, [...new Set(names)], release);
      for (const name of names) {
        assert.match(name, /^\w+ [a-z][-a-z0-9]{0,62}$/);
      }
    }
  });

  it("has selectors, jobs, alerts and a dashboard of its own", () => {
    const manifests = renderParent("prod", everything);
    const [churn, fraud] = aliases.map((alias) => {
      const own = (kind: string) =>
        ofKind(manifests, kind).filter(({ metadata }) =>
          metadata.name.startsWith(`prod-${alias}`),
        )[0];
      const monitor = own("PodMonitor");
      const [relabeling] = at(monitor, "spec.podMetricsEndpoints.0.relabelings") as object[];
      assert.deepEqual(relabeling, { targetLabel: "job", replacement: `prod-${alias}` });
      const rules = JSON.stringify(own("PrometheusRule"));
      assert.ok(rules.includes(`job=\\"prod-${alias}\\"`), rules);
      const dashboard = JSON.stringify(own("ConfigMap"));
      assert.ok(dashboard.includes(`prod-${alias}`));
      return [
        at(own("Deployment"), "spec.selector"),
        at(own("Service"), "spec.selector"),
        at(own("PodDisruptionBudget"), "spec.selector"),
        at(own("NetworkPolicy"), "spec.podSelector"),
        at(monitor, "spec.selector"),
        at(own("PrometheusRule"), "spec.groups.0.name"),
        JSON.parse(Object.values(at(own("ConfigMap"), "data") as Record<string, string>)[0] ?? "{}")
          .uid,
        rules.match(/job=\\"[^"]+"/g),
      ].map((part) => JSON.stringify(part));
    });
    churn?.forEach((part, index) => {
      assert.notEqual(part, fraud?.[index]);
    });
  });

  it("keeps the job of a release that it is alone in", () => {
    const { stdout } = helm([
      ...["template", "prod", chartFolder, "--set=prometheusRule.enabled=true"],
      "--set=podMonitor.enabled=true",
    ]);
    assert.ok(stdout.includes('job="prod"'));
    assert.ok(!stdout.includes("targetLabel"));
  });
});
