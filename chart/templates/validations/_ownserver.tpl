{{/*
What only this package's server can do, and what only another one needs.
*/}}
{{- define "model-serving.problems.ownserver" -}}
{{- $ownKeys := list "command" "args" "healthPath" "modelPath" "writableFolders" "metricsPath" }}
{{- $all := dict "root" $ }}
{{- include "model-serving.setTracks" $all }}
{{- range $track := $all.tracks }}
{{- $key := eq .track "canary" | ternary "canary.server" "server" }}
{{- $modelKey := eq .track "canary" | ternary "canary.model" "model" }}
{{- $server := .values.server }}
{{- if include "model-serving.isOwn" . }}
{{- range $name, $value := omit $server "kind" "port" "managementPort" "grpcPort" }}
{{- if not (or (has $name $ownKeys) (kindIs "invalid" $value)) }}
- {{ $key }}.{{ $name }} is a setting of this package's server, and {{ $key }}.kind=own runs another: remove it, and say what yours reads in env or {{ $key }}.args
{{- end }}
{{- end }}
{{- with .values.model }}
{{- if .path }}
- {{ $modelKey }}.path is where this package's server looks for the model, and {{ $key }}.kind=own runs another: set {{ $key }}.modelPath instead
{{- end }}
{{- if and $server.modelPath (eq .source "image") }}
- {{ $key }}.modelPath is set, but with {{ $modelKey }}.source=image nothing is mounted there: remove it, or set {{ $modelKey }}.source to what the model is mounted from
{{- end }}
{{- if .uri.goldenLocation }}
- {{ $modelKey }}.uri.goldenLocation is for this package's server, and {{ $key }}.kind=own runs another: put the golden requests into a ConfigMap and name it in golden.configMap.name
{{- end }}
{{- end }}
{{- else }}
{{- range $name := $ownKeys }}
{{- if get $server $name }}
- {{ $key }}.{{ $name }} is for another server than this package's: set {{ $key }}.kind=own, or remove it
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values }}
{{- if eq .server.kind "own" }}
{{- if not (has (int .server.managementPort) (list 0 5001)) }}
- server.managementPort is {{ int .server.managementPort }}, but server.kind=own has one port for all: remove it
{{- end }}
{{- range $group, $what := dict "featureStore" "asks for features" "payloadLogging" "logs payloads" "logForwarding" "writes the files that are forwarded" "dashboard" "has the metrics that it shows" }}
{{- if (get $.Values $group).enabled }}
- {{ $group }}.enabled is true, but only this package's server {{ $what }}, and server.kind=own runs another: set it to false
{{- end }}
{{- end }}
{{- range $group := list "serviceMonitor" "podMonitor" }}
{{- if and (get $.Values $group).enabled (not $.Values.server.metricsPath) }}
- {{ $group }}.enabled is true, but nobody knows where the metrics of your server are: set server.metricsPath, such as /metrics, or {{ $group }}.enabled=false
{{- end }}
{{- end }}
{{- $body := .golden.body | replace "$features" "[]" | replace "$count" "1" }}
{{- if not (contains "$features" .golden.body) }}
- golden.body has no $features, for which the values of a row are put: write for example {"features": $features}
{{- else if hasKey (printf "{\"body\": %s}" $body | fromJson) "Error" }}
- golden.body is no JSON once $features is a list and $count a number: correct it; texts are in double quotes
{{- end }}
{{- if and .golden.inRollout (not (include "model-serving.goldenConfigMap" (first $all.tracks))) }}
- golden.inRollout is true, but there are no golden requests: put them into a ConfigMap and name it in golden.configMap.name
{{- end }}
{{- if .golden.inRollout }}
{{- range $check := list "exec" "httpGet" "tcpSocket" "grpc" }}
{{- if get $.Values.probes.startup $check }}
- probes.startup.{{ $check }} is set, but golden.inRollout has the startup probe send the golden requests: remove one of the two
{{- end }}
{{- end }}
{{- end }}
{{- else if or .golden.configMap.name .golden.inRollout }}
- golden is for another server than this package's, which replays the golden requests that travel with its model by itself: set server.kind=own, or remove it
{{- end }}
{{- with .test.image }}
{{- if ne $.Values.server.kind "own" }}
- test.image is for another server than this package's: set server.kind=own, or remove it
{{- else if and .repository (not (or .tag .digest)) }}
- test.image.repository is set without test.image.tag or test.image.digest: set one of the two
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
