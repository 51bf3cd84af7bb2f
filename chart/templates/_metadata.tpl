{{/*
The metadata of an object of the release; suffix, labels and annotations may be left out.
Usage: {{ include "model-serving.metadata" (dict "root" $ "suffix" "-canary" "labels" (dict) "annotations" .Values.service.annotations) }}
*/}}
{{- define "model-serving.metadata" -}}
name: {{ include "model-serving.fullname" .root }}{{ .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "model-serving.labelsWith" (dict "root" .root "labels" .labels) | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
