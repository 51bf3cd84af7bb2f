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
  path: {{ include "model-serving.metricsPath" $.root }}
  {{- with $.monitor }}
  interval: {{ .interval }}
  scrapeTimeout: {{ include "model-serving.scrapeTimeout" . }}
  {{- $all := concat $relabelings .relabelings }}
  {{- if include "model-serving.isAlias" $.root }}
  {{- $all = prepend $all (dict "targetLabel" "job" "replacement" (include "model-serving.fullname" $.root)) }}
  {{- end }}
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
The time limit of a read: the operator takes none that is longer than the time between two.
Usage: {{ include "model-serving.scrapeTimeout" .Values.podMonitor }}
*/}}
{{- define "model-serving.scrapeTimeout" -}}
{{- $isShort := lt (include "model-serving.milliseconds" .interval | float64) 10000.0 -}}
{{- .scrapeTimeout | default ($isShort | ternary .interval "10s") -}}
{{- end -}}

{{/*
Milliseconds of a time such as 1m30s.
Usage: {{ include "model-serving.milliseconds" "1m30s" | float64 }}
*/}}
{{- define "model-serving.milliseconds" -}}
{{- $units := dict "w" 604800000 "d" 86400000 "h" 3600000 "m" 60000 "s" 1000 "ms" 1 -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9]+(ms|[wdhms])" . -1 -}}
{{- $unit := regexFind "[a-z]+" . -}}
{{- $sum = addf $sum (mulf (trimSuffix $unit . | float64) (get $units $unit)) -}}
{{- end -}}
{{- $sum -}}
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
Which metrics are this model's. The monitors name the job after the release, or, where a chart
depends on this one under several names, after the objects of each.
Usage: {{ include "model-serving.metricSelector" $ }}
*/}}
{{- define "model-serving.metricSelector" -}}
{{- .Values.prometheusRule.selector | default (printf "namespace=%q,job=%q" .Release.Namespace (include "model-serving.isAlias" . | empty | ternary .Release.Name (include "model-serving.fullname" .))) -}}
{{- end -}}

{{/*
Where the metrics are; empty if an own server has none.
Usage: {{ include "model-serving.metricsPath" $ }}
*/}}
{{- define "model-serving.metricsPath" -}}
{{- with .Values.server -}}
{{- eq .kind "own" | ternary .metricsPath "/metrics" -}}
{{- end -}}
{{- end -}}

{{/*
What tells a Prometheus without the operator of an own server's metrics, as JSON.
Usage: {{ include "model-serving.scrapeAnnotations" $track | fromJson }}
*/}}
{{- define "model-serving.scrapeAnnotations" -}}
{{- $annotations := dict -}}
{{- with .values -}}
{{- if and (include "model-serving.isOwn" $) .server.metricsPath (not (or .serviceMonitor.enabled .podMonitor.enabled)) -}}
{{- $annotations = dict "prometheus.io/scrape" "true" "prometheus.io/port" (int .server.port | toString) "prometheus.io/path" .server.metricsPath -}}
{{- end -}}
{{- end -}}
{{- toJson $annotations -}}
{{- end -}}
