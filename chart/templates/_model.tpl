{{/*
Which model is served, by which image. Each helper takes a track, see _labels.tpl.
*/}}

{{/*
The server's image. A digest alone decides: together with it a tag would only claim something that
nobody checks.
Usage: {{ include "model-serving.image" $track }}
*/}}
{{- define "model-serving.image" -}}
{{- with .values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.root.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Usage: {{ include "model-serving.modelName" $track }}
*/}}
{{- define "model-serving.modelName" -}}
{{- .values.model.name | default (include "model-serving.fullname" .root) -}}
{{- end -}}

{{/*
Usage: {{ include "model-serving.modelVersion" $track }}
*/}}
{{- define "model-serving.modelVersion" -}}
{{- coalesce .values.model.version .values.image.tag .root.Chart.AppVersion -}}
{{- end -}}

{{/*
The server's settings. The user's own variables come last and win.
Usage: {{ include "model-serving.env" $track }}
*/}}
{{- define "model-serving.env" -}}
- name: MODEL_SERVER_PORT
  value: "5000"
- name: MODEL_SERVER_MODEL_NAME
  value: {{ include "model-serving.modelName" . | quote }}
- name: MODEL_SERVER_MODEL_VERSION
  value: {{ include "model-serving.modelVersion" . | quote }}
- name: MODEL_SERVER_MODEL_PATH
  value: {{ .values.model.path | quote }}
{{- with .values.model.sha256 }}
- name: MODEL_SERVER_MODEL_SHA256
  value: {{ . | quote }}
{{- end }}
- name: MODEL_SERVER_SHUTDOWN_DELAY
  value: {{ .values.shutdown.delaySeconds | quote }}
- name: MODEL_SERVER_DRAIN_TIMEOUT
  value: {{ .values.shutdown.drainSeconds | quote }}
{{- with .values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}
