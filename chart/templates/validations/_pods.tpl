{{- define "model-serving.problems.pods" -}}
{{- range $key := list "initContainers" "sidecars" }}
{{- range $i, $container := index $.Values $key }}
{{- if has $container.name (list "server" "fetch-model" "verify-model" "log-forwarder") }}
- {{ $key }}[{{ $i }}].name is {{ $container.name }}, the name of one of the chart's own containers: choose another
{{- end }}
{{- end }}
{{- end }}
{{- include "model-serving.problems.ports" $ }}
{{- range $i, $volume := .Values.volumes }}
{{- if or (has $volume.name (list "tmp" "model" "registry" "authority" "logs" "log-forwarding" "log-authority" "feature-store" "payload-log" "golden")) (hasPrefix "writable-" $volume.name) }}
- volumes[{{ $i }}].name is {{ $volume.name }}, which is one of the chart's own volumes: choose another
{{- end }}
{{- end }}
{{- include "model-serving.problems.resources" (dict "key" "resources" "resources" .Values.resources) }}
{{- include "model-serving.problems.resources" (dict "key" "model.uri.resources" "resources" .Values.model.uri.resources) }}
{{- $volumes := list "tmp" "model" }}
{{- range .Values.volumes }}
{{- $volumes = append $volumes .name }}
{{- end }}
{{- range $i, $mount := .Values.volumeMounts }}
{{- if not (has $mount.name $volumes) }}
- volumeMounts[{{ $i }}].name is {{ $mount.name }}, but there is no such volume: add it to volumes
{{- end }}
{{- end }}
{{- end -}}

{{/*
Ports that two containers of a pod would want, and settings of the ports that the rest of the chart would not see.
Usage: {{ include "model-serving.problems.ports" $ }}
*/}}
{{- define "model-serving.problems.ports" -}}
{{- $taken := dict }}
{{- if .Values.logForwarding.enabled }}
{{- $_ := set $taken "2020" "the log forwarder" }}
{{- end }}
{{- range $key := list "initContainers" "sidecars" }}
{{- range $i, $container := index $.Values $key }}
{{- /* Others have ended when the server starts. */}}
{{- if or (eq $key "sidecars") (eq ($container.restartPolicy | default "") "Always") }}
{{- range $j, $port := $container.ports }}
{{- $path := printf "%s[%d].ports[%d]" $key $i $j }}
{{- $_ := set $taken (toString $port.containerPort) (printf "%s.containerPort" $path) }}
{{- if has ($port.name | default "") (list "http" "grpc" "management") }}
- {{ $path }}.name is {{ $port.name }}, the name of one of the server's own ports: choose another
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- $all := dict "root" $ }}
{{- include "model-serving.setTracks" $all }}
{{- range $all.tracks }}
{{- $key := eq .track "canary" | ternary "canary.server" "server" }}
{{- $server := .values.server }}
{{- if eq (int $server.port) (int $server.managementPort) }}
- {{ $key }}.managementPort and {{ $key }}.port are both {{ $server.port }}: choose another port, or {{ $key }}.managementPort=0 for probes and metrics on the same one
{{- end }}
{{- range $name := list "port" "managementPort" }}
{{- if and $server.grpcPort (eq (int $server.grpcPort) (int (get $server $name))) }}
- {{ $key }}.grpcPort and {{ $key }}.{{ $name }} are both {{ int $server.grpcPort }}: choose another port
{{- end }}
{{- end }}
{{- range $name := list "port" "managementPort" "grpcPort" }}
{{- with get $taken (get $server $name | int | toString) }}
- {{ $key }}.{{ $name }} is {{ get $server $name | int }}, which is also the port of {{ . }}, and both are of one pod: choose another
{{- end }}
{{- end }}
{{- end }}
{{- range $i, $variable := .Values.env }}
{{- range $name, $value := dict "MODEL_SERVER_PORT" "server.port" "MODEL_SERVER_MANAGEMENT_PORT" "server.managementPort" "MODEL_SERVER_GRPC_PORT" "server.grpcPort" }}
{{- if eq $variable.name $name }}
- env[{{ $i }}] sets {{ $name }}, which probes, Services and monitors would not know of: set {{ $value }} instead
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
