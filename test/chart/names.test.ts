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

  it("are the same for every object, and all lie in the release's namespace", () => {
    const values = { ingress: { enabled: true, hosts: [{ host: "m.example.com" }] } };
    for (const manifest of render(values, { release: "prod", namespace: "team-a" })) {
      const suffix = manifest.kind === "Pod" ? "-test" : "";
      assert.equal(manifest.metadata.name, `prod-model-serving${suffix}`, manifest.kind);
      assert.equal(manifest.metadata.namespace, "team-a", manifest.kind);
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
