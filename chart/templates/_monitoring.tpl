{{/*
How Prometheus reads the metrics; takes the values of a monitor.
Usage: {{ include "model-serving.scrape" .Values.podMonitor }}
*/}}
{{- define "model-serving.scrape" -}}
path: /metrics
interval: {{ .interval }}
scrapeTimeout: {{ .scrapeTimeout }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
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
