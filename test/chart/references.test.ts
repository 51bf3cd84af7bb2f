/**
 * What the values name and a namespace does not have. Without a cluster nothing is known of it and
 * nothing refused; test/end-to-end/chartReferences.test.ts asks a real one.
 */
import assert from "node:assert/strict";
import { chartFolder, helm, ofKind, refusal, render, type Values } from "./helm";

const sha256 = "a".repeat(64);
const sources: Record<string, Values> = {
  configMap: { source: "configMap", sha256, configMap: { name: "absent", goldenKey: "golden" } },
  persistentVolumeClaim: {
    source: "persistentVolumeClaim",
    sha256,
    persistentVolumeClaim: { existingClaim: "absent" },
  },
  uri: {
    source: "uri",
    sha256,
    uri: { location: "s3://a/b", existingSecret: "absent", registrySecretName: "absent" },
  },
};

describe("chart: references without a cluster", () => {
  for (const [source, model] of Object.entries(sources)) {
    const values = { model, imagePullSecrets: [{ name: "absent" }] };

    it(`are not refused by helm template: ${source}`, () => {
      assert.equal(ofKind(render(values), "Deployment").length, 1);
    });

    it(`are not refused by helm lint: ${source}`, () => {
      const args = ["lint", chartFolder, "--strict", "--values", "-"];
      const { ok, stdout, stderr } = helm(args, JSON.stringify(values));
      assert.ok(ok, stdout + stderr);
    });

    // A renderer such as Pulumi's may know the cluster's APIs and still be unable to ask for objects.
    it(`are not refused where only the cluster's APIs are known: ${source}`, () => {
      const args = ["template", "demo", chartFolder, "--api-versions", "v1/ConfigMap,v1/Secret"];
      const { ok, stderr } = helm([...args, "--values", "-"], JSON.stringify(values));
      assert.ok(ok, stderr);
    });
  }

  it("may be left unchecked", () => {
    const values = { model: sources.configMap, validateReferences: false };
    assert.equal(ofKind(render(values), "Deployment").length, 1);
    assert.match(refusal({ validateReferences: "no" }), /validateReferences/);
  });
});
