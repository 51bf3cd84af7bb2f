{{- define "model-serving.problems.pods" -}}
{{- range $key := list "initContainers" "sidecars" }}
{{- range $i, $container := index $.Values $key }}
{{- if has $container.name (list "server" "fetch-model" "log-forwarder") }}
- {{ $key }}[{{ $i }}].name is {{ $container.name }}, the name of one of the chart's own containers: choose another
{{- end }}
{{- end }}
{{- end }}
{{- range $i, $volume := .Values.volumes }}
{{- if has $volume.name (list "tmp" "model" "registry" "authority" "logs" "log-forwarding" "log-authority" "feature-store" "payload-log") }}
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
