{{/*
Labels and annotations. What a track is, _tracks.tpl says.
*/}}

{{/*
Makes a label value of any text: characters that labels do not know become _, at most 63 of them.
Usage: {{ include "model-serving.labelValue" "1.0.0+build" }}
*/}}
{{- define "model-serving.labelValue" -}}
{{- . | toString | replace "+" "_" | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{/*
What every object of the release has in common. Never part of a selector or of a pod.
Usage: {{ include "model-serving.labels" $ }}
*/}}
{{- define "model-serving.labels" -}}
{{- include "model-serving.labelsWith" (dict "root" . "labels" dict) -}}
{{- end -}}

{{/*
The same with further labels, which win over the common ones.
Usage: {{ include "model-serving.labelsWith" (dict "root" $ "labels" .Values.podMonitor.labels) }}
*/}}
{{- define "model-serving.labelsWith" -}}
{{- with .root -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | include "model-serving.labelValue" }}
app.kubernetes.io/name: {{ include "model-serving.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with merge (dict) ($.labels | default dict) .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
The pods of one track. Selectors cannot change after the installation, so this holds nothing that
can: no version, no chart, no label of the user.
Usage: {{ include "model-serving.selectorLabels" $track }}
*/}}
{{- define "model-serving.selectorLabels" -}}
{{ include "model-serving.releaseSelectorLabels" .root }}
model-serving/track: {{ .track }}
{{- end -}}

{{/*
The pods of all tracks.
Usage: {{ include "model-serving.releaseSelectorLabels" $ }}
*/}}
{{- define "model-serving.releaseSelectorLabels" -}}
app.kubernetes.io/name: {{ include "model-serving.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/*
Labels of the pods of one track: how they are selected and which model they serve. The chart's
version is left out: a new chart that changes nothing in the pods must not restart them.
Usage: {{ include "model-serving.podLabels" $track }}
*/}}
{{- define "model-serving.podLabels" -}}
{{- $labels := include "model-serving.selectorLabels" . | fromYaml -}}
{{- $_ := set $labels "model-serving/model" (include "model-serving.modelName" . | include "model-serving.labelValue") -}}
{{- $_ := set $labels "model-serving/version" (include "model-serving.modelVersion" . | include "model-serving.labelValue") -}}
{{- with .values.model.sha256 -}}
{{- $_ := set $labels "model-serving/sha256" (trunc 12 .) -}}
{{- end -}}
{{- /* The user's labels come last but never win over the selector's. */ -}}
{{- toYaml (merge $labels .values.podLabels .root.Values.commonLabels) -}}
{{- end -}}

{{/*
Annotations of the pods of one track.
Usage: {{ include "model-serving.podAnnotations" $track }}
*/}}
{{- define "model-serving.podAnnotations" -}}
{{- $annotations := dict "kubectl.kubernetes.io/default-container" "server" -}}
{{- with .values.model.sha256 -}}
{{- $_ := set $annotations "model-serving/sha256" . -}}
{{- end -}}
{{- if .values.logForwarding.enabled -}}
{{- /* The forwarder reads its configuration only when it starts. */ -}}
{{- $_ := set $annotations "model-serving/log-forwarding" (include "model-serving.logForwardingConfiguration" .root | sha256sum | trunc 12) -}}
{{- end -}}
{{- toYaml (merge $annotations .values.podAnnotations .root.Values.commonAnnotations (include "model-serving.scrapeAnnotations" . | fromJson)) -}}
{{- end -}}

{{/*
A label selector for the pods of all tracks, but not for the pods of a test.
Usage: {{ include "model-serving.serverPods" $ }}
*/}}
{{- define "model-serving.serverPods" -}}
matchLabels:
  {{- include "model-serving.releaseSelectorLabels" . | nindent 2 }}
matchExpressions:
  - key: model-serving/track
    operator: In
    values:
      - stable
      - canary
{{- end -}}
