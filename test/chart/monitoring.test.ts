import assert from "node:assert/strict";
import { at, ofKind, only, render, type Values } from "./helm";

describe("chart: monitoring", () => {
  it("is off by default", () => {
    for (const kind of ["ServiceMonitor", "PodMonitor"])
      assert.deepEqual(ofKind(render(), kind), []);
  });

  // The label that only a ServiceMonitor gives: with it a change of the monitor would be one of the series.
  const common = [{ action: "labeldrop", regex: "service" }];
  for (const [key, kind, endpoint, own] of [
    ["serviceMonitor", "ServiceMonitor", "endpoints", common],
    ["podMonitor", "PodMonitor", "podMetricsEndpoints", []],
  ] as const) {
    describe(kind, () => {
      const monitor = (values: Values = {}) =>
        only(render({ [key]: { enabled: true, ...values } }), kind);

      it("reads the server's metrics on its own port", () => {
        const [first, ...others] = at(monitor(), `spec.${endpoint}`) as Values[];
        const { relabelings = [], ...read } = first ?? {};
        const expected = { port: "http", path: "/metrics", interval: "30s", scrapeTimeout: "10s" };
        assert.deepEqual(read, expected);
        assert.deepEqual(relabelings, own);
        assert.deepEqual(others, []);
      });

      it("carries over which model answered", () => {
        assert.deepEqual(at(monitor(), "spec.podTargetLabels"), [
          "model-serving/model",
          "model-serving/version",
          "model-serving/track",
        ]);
      });

      it("can be selected by labels, and relabel", () => {
        const relabelings = [{ targetLabel: "team", replacement: "risk" }];
        const created = monitor({ labels: { release: "prometheus" }, relabelings });
        assert.equal(at(created, "metadata.labels.release"), "prometheus");
        assert.deepEqual(at(created, `spec.${endpoint}.0.relabelings`), [...own, ...relabelings]);
      });

      it("selects what the release runs", () => {
        const selected = kind === "PodMonitor" ? "Deployment" : "Service";
        const path = kind === "PodMonitor" ? "spec.template.metadata.labels" : "metadata.labels";
        const labels = at(only(render(), selected), path);
        for (const [label, value] of Object.entries(
          at(monitor(), "spec.selector.matchLabels") as object,
        ))
          assert.equal(at(labels, [label]), value);
      });
    });
  }
});
