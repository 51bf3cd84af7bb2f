{{- define "model-serving.problems.logforwarding" -}}
{{- with .Values.logForwarding }}
{{- if .enabled }}
{{- if not .outputs }}
- logForwarding.outputs is empty, so the lines would go nowhere: name at least one output of fluent-bit, for example logForwarding.outputs[0].name=loki with its host
{{- end }}
{{- if and $.Values.networkPolicy.enabled (not $.Values.networkPolicy.egress) }}
- networkPolicy lets the pods reach nothing, so no log line would arrive: allow the receiver of logForwarding.outputs in networkPolicy.egress
{{- end }}
{{- range $i, $variable := $.Values.env }}
{{- if eq $variable.name "MODEL_SERVER_LOG_FILE" }}
- env[{{ $i }}] sets MODEL_SERVER_LOG_FILE, but logForwarding has the server write where the forwarder reads: remove it, or set logForwarding.enabled=false
{{- end }}
{{- end }}
{{- $known := include "model-serving.logForwardingFields" $ | fromJson | keys }}
{{- range $kind := list "outputs" "filters" }}
{{- range $i, $plugin := index $.Values.logForwarding $kind }}
{{- range $property, $value := $plugin }}
{{- $path := printf "logForwarding.%s[%d].%s" $kind $i $property }}
{{- range kindIs "slice" $value | ternary $value (list $value) }}
{{- $variables := include "model-serving.variables" . | fromJsonArray }}
{{- $isSecret := or (regexMatch "(?i)(passw(or)?d|secret|token|shared_key|api_?key|access_key|credentials?)$" $property) (and (eq (lower $property) "header") (regexMatch "(?i)^(\\S*(authorization|token|api-?key))\\s" (toString .))) }}
{{- if and $isSecret (not $variables) }}
- {{ $path }} holds a secret in plain text, which everybody who may read the release could read: put it into a Secret, name that in logForwarding.existingSecret, and write ${KEY} here, KEY being its key in the Secret
{{- end }}
{{- range $variables }}
{{- if not (or (has . $known) $.Values.logForwarding.existingSecret) }}
- {{ $path }} asks for ${{ "{" }}{{ . }}}, but nothing sets that variable: name the Secret with a key {{ . }} in logForwarding.existingSecret
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- include "model-serving.problems.resources" (dict "key" "logForwarding.resources" "resources" .resources) }}
{{- $name := "ephemeral-storage" }}
{{- if hasKey ($.Values.resources.limits | default dict) $name }}
{{- $limit := include "model-serving.amount" (get $.Values.resources.limits $name) | float64 }}
{{- $own := include "model-serving.amount" (get (.resources.limits | default dict) $name | default 0) | float64 }}
{{- $needed := include "model-serving.logVolumeBytes" . | float64 }}
{{- if lt (addf $limit $own) $needed }}
- logForwarding may hold {{ $needed | int64 }} bytes on disk, but the containers' limits of ephemeral-storage let the pod have {{ addf $limit $own | int64 }}, beyond which it is evicted: set logForwarding.resources.limits.ephemeral-storage to {{ div ($needed | int64) 1048576 | add1 }}Mi, or lower logForwarding.bufferBytes
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
The environment variables that a property of fluent-bit asks for, as JSON.
Usage: {{ include "model-serving.variables" "${USER}" | fromJsonArray }}
*/}}
{{- define "model-serving.variables" -}}
{{- $names := list -}}
{{- range regexFindAll "\\$\\{[^}]+\\}" (toString .) -1 -}}
{{- $names = append $names (. | trimPrefix "${" | trimSuffix "}") -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}
