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

  const holding = (text: string) => ({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "wine-alerts" },
    spec: { text },
  });

  describe("are refused by name, with the remedy, when their template is somebody else's", () => {
    const foreign: Record<string, string> = {
      "{{ $labels.pod }}": "$labels",
      "{{ $value | humanize }}": "$value",
      "{{- $externalLabels.cluster -}}": "$externalLabels",
      "{{instance}}": "instance",
      "{{ inputs.parameters.model }}": "inputs.parameters.model",
      '{{ query "up" | len }}': "query",
      '{{ reReplaceAll "a" "b" "c" }}': "reReplaceAll",
      "{{ .CommonLabels.alertname }}": ".CommonLabels",
      "{{ .password }}": ".password",
    };
    for (const [action, what] of Object.entries(foreign)) {
      it(action, () => {
        const taken = { ...holding("nothing"), metadata: { name: "other" } };
        const message = refusal({ extraObjects: [taken, holding(`before ${action} after`)] });
        const says = `- extraObjects[1] (PrometheusRule wine-alerts) is a template, which cannot know ${what} in ${action}: `;
        assert.ok(message.includes(says), message);
        assert.doesNotMatch(message, /extraObjects\[0\]/);
        // What the message says to write is what the object then holds.
        const remedy = /write (.*)$/m.exec(message)?.[1] ?? "";
        const made = only(
          render({ extraObjects: [holding(`before ${remedy} after`)] }),
          "PrometheusRule",
        );
        assert.equal(at(made, "spec.text"), `before ${action} after`);
      });
    }

    it("or no template at all", () => {
      assert.match(
        refusal({ extraObjects: [holding("a {{ b")] }),
        /- extraObjects\[0\] \(PrometheusRule wine-alerts\) is a template with \{\{ that no \}\} ends/,
      );
      const broken = '{{ "a\\n- b" }}';
      assert.match(
        refusal({ extraObjects: [{ ...holding(""), [`k${broken}`]: "v" }] }),
        /- extraObjects\[0\] \(PrometheusRule wine-alerts\) is no YAML once its template is rendered/,
      );
    });

    it("together with everything else that is wrong", () => {
      const message = refusal({
        extraObjects: [holding("{{ $labels.pod }}"), holding("{{ $value }}")],
        service: { nodePort: 30080 },
      });
      for (const says of ["extraObjects[0]", "extraObjects[1]", "service.nodePort"]) {
        assert.ok(message.includes(`- ${says}`), message);
      }
    });
  });

  it("may use what Helm's templates have", () => {
    const text = [
      "{{ `{{ $labels.pod }}` }}",
      "{{ range $i, $variable := .Values.env }}{{ $i }}={{ $variable.name }}{{ .value }},{{ end }}",
      "{{ with .Values.service }}{{ .port }}{{ end }}",
      "{{ $name := .Release.Name }}{{ $name | upper }}",
      '{{ if eq .Values.model.source "image" }}yes{{ else }}no{{ end }}',
      "{{/* $labels */}}{{ $.Release.Namespace }} {{ (first (list .Chart)).Name }}",
      '{{ printf "$labels %s" "{{ $value }}" }}',
      '{{ "{{" }} $value {{ "}}" }}',
    ].join(" ");
    const values = { env: [{ name: "A", value: "b" }], extraObjects: [holding(text)] };
    assert.equal(
      at(only(render(values), "PrometheusRule"), "spec.text"),
      "{{ $labels.pod }} 0=Ab, 80 DEMO yes models model-serving $labels {{ $value }} {{ $value }}",
    );
  });
});
