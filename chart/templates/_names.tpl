{{/*
Names of the release's objects.
*/}}

{{/*
The chart's name, or what replaces it; the label app.kubernetes.io/name.
Usage: {{ include "model-serving.name" $ }}
*/}}
{{- define "model-serving.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The name of every object of the release. It leaves room for suffixes such as -canary, because
label values and Service names end at 63 characters.
Usage: {{ include "model-serving.fullname" $ }}
*/}}
{{- define "model-serving.fullname" -}}
{{- $name := include "model-serving.name" . -}}
{{- $default := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $default | trunc 52 | trimSuffix "-" -}}
{{- end -}}

