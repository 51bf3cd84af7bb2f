import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render } from "./helm";

describe("chart: further objects", () => {
  it("are none by default", () => {
    assert.deepEqual(ofKind(render(), "ConfigMap"), []);
  });

  it("are templates that know the release", () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: '{{ include "model-serving.fullname" . }}-collector' },
      data: { target: "{{ .Release.Namespace }}" },
    };
    const other = { ...object, kind: "Secret" };
    const manifests = render({ fullnameOverride: "wine", extraObjects: [object, other] });
    const made = only(manifests, "ConfigMap");
    assert.equal(made.metadata.name, "wine-collector");
    assert.equal(at(made, "data.target"), "models");
    only(manifests, "Secret");
  });

  it("are refused without kind or name", () => {
    const message = refusal({ extraObjects: [{ apiVersion: "v1", metadata: {} }] });
    assert.match(message, /at '\/extraObjects\/0'.*'kind'/);
    assert.match(message, /at '\/extraObjects\/0\/metadata'.*'name'/);
  });
});
