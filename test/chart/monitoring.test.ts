import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";

describe("chart: monitoring", () => {
  it("is off by default", () => {
    for (const kind of ["ServiceMonitor", "PodMonitor"]) {
      assert.deepEqual(ofKind(render(), kind), []);
    }
  });

  // The label that only a ServiceMonitor gives: with it a change of the monitor would be one of the series.
  const common = [{ action: "labeldrop", regex: "service" }];
  for (const [key, kind, endpoints, port, own] of [
    ["serviceMonitor", "ServiceMonitor", "endpoints", "targetPort", common],
    ["podMonitor", "PodMonitor", "podMetricsEndpoints", "port", []],
  ] as const) {
    describe(kind, () => {
      const monitor = (values: Values = {}) =>
        only(render({ [key]: { enabled: true, ...values } }), kind);

      it("reads the server's metrics on the port that is for them", () => {
        const [first, ...others] = at(monitor(), `spec.${endpoints}`) as Values[];
        const { relabelings = [], ...read } = first ?? {};
        const expected = { path: "/metrics", interval: "30s", scrapeTimeout: "10s" };
        assert.deepEqual(read, { ...expected, [port]: "management" });
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
        assert.deepEqual(at(created, `spec.${endpoints}.0.relabelings`), [...own, ...relabelings]);
      });

      it("never waits longer for a read than until the next one", () => {
        const times = (values: Values) => {
          const [endpoint] = at(monitor(values), `spec.${endpoints}`) as Values[];
          return [endpoint?.interval, endpoint?.scrapeTimeout];
        };
        assert.deepEqual(times({ interval: "5s" }), ["5s", "5s"]);
        assert.deepEqual(times({ interval: "500ms" }), ["500ms", "500ms"]);
        assert.deepEqual(times({ interval: "10s" }), ["10s", "10s"]);
        assert.deepEqual(times({ interval: "1m30s" }), ["1m30s", "10s"]);
        assert.deepEqual(times({ interval: "5s", scrapeTimeout: "4s" }), ["5s", "4s"]);
        assert.deepEqual(times({ scrapeTimeout: "20s" }), ["30s", "20s"]);
      });

      it("is refused with times that the operator would refuse", () => {
        const refused = (values: Values) => refusal({ [key]: values });
        for (const [interval, scrapeTimeout] of [
          ["5s", "10s"],
          ["30s", "31s"],
          ["1m", "61000ms"],
        ]) {
          assert.match(
            refused({ interval, scrapeTimeout }),
            new RegExp(
              `- ${key}\\.scrapeTimeout \\(${scrapeTimeout}\\) is longer than ${key}\\.interval`,
            ),
          );
        }
        assert.match(refused({ interval: "0s" }), new RegExp(`- ${key}\\.interval is 0s`));
        assert.match(
          refused({ scrapeTimeout: "0s" }),
          new RegExp(`- ${key}\\.scrapeTimeout is 0s`),
        );
        // The operator wants the larger unit first.
        for (const interval of ["", "5", "30s1m", "1.5s"]) {
          assert.match(refused({ interval }), new RegExp(`${key}[./]interval`), interval);
        }
      });

      it("selects what the release runs", () => {
        const selected = kind === "PodMonitor" ? "Deployment" : "Service";
        const path = kind === "PodMonitor" ? "spec.template.metadata.labels" : "metadata.labels";
        const labels = at(only(render(), selected), path);
        for (const [label, value] of Object.entries(
          at(monitor(), "spec.selector.matchLabels") as object,
        )) {
          assert.equal(at(labels, [label]), value);
        }
      });
    });
  }
});
