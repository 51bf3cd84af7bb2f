import assert from "node:assert/strict";
import { at, only, refusal, render, type Values } from "./helm";

const name = (values: Values, release: string) =>
  only(render(values, { release }), "Deployment").metadata.name;

describe("chart: names", () => {
  it("join release and chart", () => {
    assert.equal(name({}, "prod"), "prod-model-serving");
  });

  it("do not repeat the chart's name", () => {
    assert.equal(name({}, "model-serving"), "model-serving");
    assert.equal(name({}, "my-model-serving"), "my-model-serving");
  });

  it("can be replaced in part or in full", () => {
    assert.equal(name({ nameOverride: "wine" }, "prod"), "prod-wine");
    assert.equal(name({ fullnameOverride: "wine" }, "prod"), "wine");
  });

  it("begin alike for every object there can be, and all lie in the release's namespace", () => {
    const enabled = { enabled: true };
    const claim = { create: enabled };
    const manifests = render(
      {
        model: {
          source: "persistentVolumeClaim",
          sha256: "a".repeat(64),
          persistentVolumeClaim: claim,
        },
        ingress: { enabled: true, hosts: [{ host: "m.example.com" }] },
        httpRoute: { enabled: true, parentRefs: [{ name: "public" }] },
        canary: { enabled: true, model: { sha256: "b".repeat(64) } },
        autoscaling: enabled,
        podDisruptionBudget: enabled,
        serviceAccount: { create: true },
        networkPolicy: enabled,
        podMonitor: enabled,
        prometheusRule: enabled,
        dashboard: enabled,
      },
      { release: "prod", namespace: "team-a" },
    );
    assert.equal(new Set(manifests.map(({ kind }) => kind)).size, 13);
    for (const { kind, metadata } of manifests) {
      assert.match(metadata.name, /^prod-model-serving(-canary)?(-test|-model|-dashboard)?$/, kind);
      assert.equal(metadata.namespace, "team-a", kind);
    }
  });

  it("leave room for suffixes within the 63 characters of a label", () => {
    const long = "release-with-a-name-of-the-greatest-length-helm-takes";
    assert.equal(long.length, 53);
    const found = name({}, long);
    assert.ok(found.length <= 52, found);
    assert.match(found, /^[a-z0-9]([-a-z0-9]*[a-z0-9])$/);
  });

  it("carry common labels and annotations on every object", () => {
    const values = { commonLabels: { stage: "prod" }, commonAnnotations: { owner: "risk" } };
    for (const manifest of render(values)) {
      assert.equal(at(manifest, "metadata.labels.stage"), "prod", manifest.kind);
      assert.equal(at(manifest, "metadata.annotations.owner"), "risk", manifest.kind);
    }
  });

  it("are refused when Kubernetes would not take them", () => {
    assert.match(refusal({ fullnameOverride: "Wine_Model" }), /fullnameOverride.*pattern/s);
    assert.match(refusal({ fullnameOverride: "a".repeat(53) }), /fullnameOverride.*maxLength/s);
  });
});
