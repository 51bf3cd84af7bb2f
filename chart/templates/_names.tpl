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
{{- $full := printf "%s-%s" .Release.Name $name -}}
{{- if include "model-serving.isAlias" . -}}
{{- /* No two names of one release may become the same, neither when they are left out nor when they are cut. */ -}}
{{- $full = eq $name .Release.Name | ternary $name $full -}}
{{- if gt (len $full) 52 -}}
{{- $full = printf "%s-%s" (trunc 43 $full | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- end -}}
{{- else if contains $name .Release.Name -}}
{{- $full = .Release.Name -}}
{{- end -}}
{{- .Values.fullnameOverride | default $full | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/*
Whether another chart depends on this one under a name of its own, and maybe under further names; empty if not.
Usage: {{ if include "model-serving.isAlias" $ }}
*/}}
{{- define "model-serving.isAlias" -}}
{{- if ne .Chart.Name "model-serving" -}}true{{- end -}}
{{- end -}}

