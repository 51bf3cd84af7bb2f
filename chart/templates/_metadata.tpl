{{/*
The metadata of an object of the release.
Usage: {{ include "model-serving.metadata" (dict "root" $ "suffix" "-canary" "annotations" .Values.service.annotations) }}
suffix and annotations may be left out.
*/}}
{{- define "model-serving.metadata" -}}
name: {{ include "model-serving.fullname" .root }}{{ .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "model-serving.labels" .root | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
