{{/*
How Prometheus reads the metrics, as a list; takes the values of a monitor and what comes before its relabelings.
No Service has the management port: a ServiceMonitor finds it at the pods behind the Service, as targetPort.
Usage: {{ include "model-serving.scrapes" (dict "root" $ "monitor" .Values.podMonitor "relabelings" list "management" "port") }}
*/}}
{{- define "model-serving.scrapes" -}}
{{- $all := dict "root" .root -}}
{{- include "model-serving.setTracks" $all -}}
{{- $tracks := dict -}}
{{- range $all.tracks -}}
{{- $port := include "model-serving.managementPortName" . -}}
{{- $_ := set $tracks $port (append (get $tracks $port | default list) .track) -}}
{{- end -}}
{{- $management := .management -}}
{{- $relabelings := .relabelings -}}
{{- range $port, $names := $tracks }}
- {{ eq $port "management" | ternary $management "port" }}: {{ $port }}
  path: /metrics
  {{- with $.monitor }}
  interval: {{ .interval }}
  scrapeTimeout: {{ .scrapeTimeout }}
  {{- $all := concat $relabelings .relabelings }}
  {{- /* Where the tracks differ, each has a port with the name of the other's metrics. */}}
  {{- if gt (len $tracks) 1 }}
  {{- $all = prepend $all (dict "action" "keep" "sourceLabels" (list "__meta_kubernetes_pod_label_model_serving_track") "regex" (first $names)) }}
  {{- end }}
  {{- with $all }}
  relabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/*
Which of the pods' labels the metrics get: those that say which model answered.
Usage: {{ include "model-serving.podTargetLabels" $ }}
*/}}
{{- define "model-serving.podTargetLabels" -}}
podTargetLabels:
  - model-serving/model
  - model-serving/version
  - model-serving/track
{{- end -}}

{{/*
Which metrics are this model's. The monitors name the job after the release.
Usage: {{ include "model-serving.metricSelector" $ }}
*/}}
{{- define "model-serving.metricSelector" -}}
{{- .Values.prometheusRule.selector | default (printf "namespace=%q,job=%q" .Release.Namespace .Release.Name) -}}
{{- end -}}
