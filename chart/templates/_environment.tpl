{{/*
From values to environment variables. Which is which files/variables.json says, made of what values.yaml says (`@env`).
*/}}

{{/*
The variables of a program that are values, as JSON; without what is null or empty, and without secrets.
Usage: {{ include "model-serving.environment" (list $track "MODEL_SERVER_") | fromJson }}
*/}}
{{- define "model-serving.environment" -}}
{{- $track := first . -}}
{{- $program := last . -}}
{{- $variables := dict -}}
{{- range ($track.root.Files.Get "files/variables.json" | fromJson).variables -}}
{{- if and (hasPrefix $program .name) (not .secretKey) (include "model-serving.isOn" (list $track .when)) -}}
{{- $value := include "model-serving.valueAt" (list $track.values .value) | fromJsonArray | first -}}
{{- if kindIs "string" $value -}}
{{- $value = get (.words | default dict) $value | default $value -}}
{{- else if or (kindIs "invalid" $value) (has $value (.omit | default list)) (and (or (kindIs "map" $value) (kindIs "slice" $value)) (empty $value)) -}}
{{- $value = "" -}}
{{- else -}}
{{- /* As JSON a large number stays in digits. */ -}}
{{- $value = toJson $value -}}
{{- end -}}
{{- if $value -}}{{- $_ := set $variables .name $value -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $variables -}}
{{- end -}}

{{/*
Those that a Secret holds, with its name and key, as JSON.
Usage: {{ include "model-serving.secretEnvironment" (list $track "MODEL_SERVER_") | fromJson }}
*/}}
{{- define "model-serving.secretEnvironment" -}}
{{- $track := first . -}}
{{- $program := last . -}}
{{- $variables := dict -}}
{{- range ($track.root.Files.Get "files/variables.json" | fromJson).variables -}}
{{- if and (hasPrefix $program .name) .secretKey (include "model-serving.isOn" (list $track .when)) -}}
{{- $name := include "model-serving.valueAt" (list $track.values .value) | fromJsonArray | first -}}
{{- if $name -}}
{{- $_ := set $variables .name (dict "name" $name "key" (include "model-serving.valueAt" (list $track.values .secretKey) | fromJsonArray | first)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $variables -}}
{{- end -}}

{{/*
Whether a switch is on, or there is none; empty if not.
*/}}
{{- define "model-serving.isOn" -}}
{{- $path := last . -}}
{{- if not $path -}}true
{{- else if include "model-serving.valueAt" (list (first .).values $path) | fromJsonArray | first -}}true
{{- end -}}
{{- end -}}

{{/*
The value at a path, in a list of its own as JSON.
Usage: {{ include "model-serving.valueAt" (list $track.values "server.port") | fromJsonArray | first }}
*/}}
{{- define "model-serving.valueAt" -}}
{{- $value := first . -}}
{{- range last . | splitList "." -}}
{{- $value = get (kindIs "map" $value | ternary $value dict) . -}}
{{- end -}}
{{- list $value | toJson -}}
{{- end -}}
