import * as assert from "node:assert/strict";
import { compareObjects, type KubernetesObject, mergePatchOf } from "../../drift/compare";
import { shownField } from "../../drift/shownValues";
import { type Recorded, readRecorded } from "./recorded";

function lines({ stored, live, patched }: Recorded, { isScaled = false, hasSecrets = false } = {}) {
  return compareObjects({ stored, live, isScaled }, patched).map((field) => {
    const shown = shownField(field, stored.kind, hasSecrets);
    return `${shown.field}: ${shown.stored} → ${shown.live} (${shown.writer?.manager ?? ""})`;
  });
}

/** An object of which nobody keeps account, with one that kubectl has edited. */
function edited(stored: object, live: object, fieldsV1: object, manager = "kubectl-edit") {
  const base = { apiVersion: "example.com/v1", kind: "Thing", metadata: { name: "a" } };
  const managedFields = [{ manager, operation: "Update", fieldsV1 }];
  return {
    stored: { ...base, ...stored } as KubernetesObject,
    live: { ...base, ...live, metadata: { name: "a", managedFields } } as KubernetesObject,
    isScaled: false,
  };
}

describe("the comparison of an object with what was stored", () => {
  it("names the fields that were changed, and by whom", () => {
    const server = "spec.template.spec.containers[server]";
    assert.deepEqual(
      lines(readRecorded("deployment-wine")).sort(),
      [
        "metadata.labels.colour: not set → blue (kubectl-label)",
        "spec.replicas: 1 → 4 (kubectl)",
        `${server}.env[ADDED].value: not set → 1 (kubectl-set)`,
        `${server}.env[COLOUR].value: red → blue (kubectl-set)`,
        `${server}.image: registry.example.com/wine@sha256:111111111111… → registry.example.com/other:1 (kubectl-set)`,
        `${server}.resources.limits.memory: 512Mi → 999Mi (kubectl-set)`,
        'spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]: not set → 2026-12-01T00:07:12Z (kubectl-rollout)',
        "spec.template.spec.terminationGracePeriodSeconds: 30 → 77 (kubectl-patch)",
      ].sort(),
    );
  });

  it("names another port, which a server-side apply is refused for", () => {
    const [line, ...others] = lines(readRecorded("service-wine"));
    assert.equal(line, "spec.ports[http].port: 80 → 8081 (kubectl-patch)");
    assert.deepEqual(others, []);
  });

  it("names what changed in lists without names", () => {
    assert.deepEqual(lines(readRecorded("ingress-wine")), [
      "spec.rules[0].host: wine.example.com → other.example.com (kubectl-patch)",
    ]);
  });

  it("shows a text of many lines from where it differs", () => {
    assert.deepEqual(lines(readRecorded("configmap-notes")), [
      "data.greeting: line 2: world → line 2: moon (kubectl-patch)",
    ]);
  });

  it("never shows what a Secret holds", () => {
    assert.deepEqual(lines(readRecorded("secret-keys")), ["data.key: *** → *** (kubectl-patch)"]);
  });

  it("shows of a release with secrets no text but images and resources", () => {
    const shown = lines(readRecorded("deployment-wine"), { hasSecrets: true });
    assert.ok(shown.some((line) => line.endsWith("env[COLOUR].value: *** → *** (kubectl-set)")));
    assert.ok(shown.some((line) => line.includes("registry.example.com/other:1")));
    assert.ok(shown.some((line) => line.includes("512Mi → 999Mi")));
    assert.ok(shown.some((line) => line.includes("spec.replicas: 1 → 4")));
    assert.doesNotMatch(shown.join(), /blue|red\b/);
  });

  it("leaves the number of pods to an autoscaler, the release's own or any other", () => {
    const { stored, live, patched } = readRecorded("deployment-scaled");
    assert.equal((live.spec as { replicas: number }).replicas, 2);
    assert.deepEqual(lines({ stored, live, patched }, { isScaled: true }), []);
    assert.deepEqual(lines(readRecorded("horizontalpodautoscaler-scaled")), []);
    // Stored as one, and raised by an autoscaler that is no part of the release.
    const saying = { ...stored, spec: { ...(stored.spec as object), replicas: 1 } };
    const back = { ...patched, spec: { ...(patched.spec as object), replicas: 1 } };
    assert.deepEqual(lines({ stored: saying, live, patched: back }), []);
  });

  it("finds nothing where nothing was changed", () => {
    assert.deepEqual(lines(readRecorded("service-scaled")), []);
  });

  it("asks what would be there without what a person added, and lets controllers' fields be", () => {
    const { stored, live } = readRecorded("deployment-wine");
    const patch = mergePatchOf({ stored, live, isScaled: false }) as {
      metadata: { labels: object; annotations: object };
      spec: { template: { metadata: { annotations: object }; spec: Record<string, unknown> } };
    };
    assert.equal((patch.metadata.labels as Record<string, unknown>).colour, null);
    const restarted = "kubectl.kubernetes.io/restartedAt";
    assert.equal(
      (patch.spec.template.metadata.annotations as Record<string, unknown>)[restarted],
      null,
    );
    assert.ok(!("example.com/seen" in patch.metadata.annotations));
    assert.ok(!("deployment.kubernetes.io/revision" in patch.metadata.annotations));
    // Set to another value and back: kubectl is noted as its writer, and it is the default.
    assert.equal(patch.spec.template.spec.dnsPolicy, null);
  });

  it("takes a whole list away that a person added, and nothing that was stored", () => {
    const fields = {
      "f:spec": { "f:items": { 'k:{"name":"a"}': { ".": {}, "f:name": {} } }, "f:size": {} },
    };
    const comparison = edited(
      { spec: { size: 1 } },
      { spec: { items: [{ name: "a" }], size: 2 } },
      fields,
    );
    assert.deepEqual(mergePatchOf(comparison).spec, { size: 1, items: null });
    const without = edited({}, { spec: { items: [{ name: "a" }], size: 2 } }, fields);
    assert.deepEqual(mergePatchOf(without).spec, { size: null, items: null });
  });

  it("takes an empty value of a template for none", () => {
    const comparison = edited({ spec: { a: null, b: [{ c: null }] } }, {}, {});
    assert.deepEqual(mergePatchOf(comparison).spec, { b: [{}] });
  });

  it("goes by the names of items, not by their places", () => {
    const variables = (...names: string[]) => ({
      spec: { env: names.map((name) => ({ name, value: name.toLowerCase() })) },
    });
    const fields = { "f:spec": { "f:env": { 'k:{"name":"NEW"}': { "f:value": {} } } } };
    const { stored, live } = edited(variables("A", "B"), variables("NEW", "B", "A"), fields);
    assert.deepEqual(lines({ stored, live, patched: stored }), [
      "spec.env[NEW].value: not set → new (kubectl-edit)",
    ]);
    assert.deepEqual(lines({ stored: live, live: stored, patched: live }), [
      "spec.env[NEW].value: new → not set ()",
    ]);
  });

  it("names a list of texts as a whole, for its order counts", () => {
    const { stored, live } = edited(
      { spec: { args: ["-a", "-b"] } },
      { spec: { args: ["-b", "-a"] } },
      {},
    );
    assert.deepEqual(lines({ stored, live, patched: stored }), [
      'spec.args: ["-a","-b"] → ["-b","-a"] ()',
    ]);
  });

  it("hides a variable whose name says that it is secret, and what kubectl apply leaves", () => {
    const annotation = "kubectl.kubernetes.io/last-applied-configuration";
    const fields = {
      "f:metadata": { "f:annotations": { [`f:${annotation}`]: {} } },
      "f:spec": { "f:env": { 'k:{"name":"DB_PASSWORD"}': { "f:value": {} } } },
    };
    const { stored, live } = edited(
      {},
      { spec: { env: [{ name: "DB_PASSWORD", value: "hunter2" }] } },
      fields,
    );
    live.metadata.annotations = { [annotation]: '{"data":"hunter2"}' };
    const told = lines({ stored, live, patched: stored });
    assert.equal(told.length, 2, told.join("\n"));
    assert.doesNotMatch(told.join(), /hunter2/);
  });

  it("names labels of an object of which nobody keeps account, but for those that the server sets", () => {
    const object = (labels: object) =>
      ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "a", labels, annotations: { "example.com/by": "anybody" } },
      }) as unknown as KubernetesObject;
    const stored = { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } };
    const byServer = { "kubernetes.io/metadata.name": "a" };
    const live = object({ ...byServer, colour: "blue" });
    assert.deepEqual(mergePatchOf({ stored, live, isScaled: false }).metadata, {
      name: "a",
      labels: { "kubernetes.io/metadata.name": null, colour: null },
    });
    assert.deepEqual(lines({ stored, live, patched: object(byServer) }), [
      "metadata.labels.colour: not set → blue ()",
    ]);
  });
});
