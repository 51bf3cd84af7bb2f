{{/*
Takes away the values that are `none`, as null would have done: all templates see the values without them. For a
canary they become null, which takes away what it would have of the stable model.
Usage: {{ include "model-serving.removeNone" $ }}
*/}}
{{- define "model-serving.removeNone" -}}
{{- range $path := .Files.Get "files/removable-values.json" | fromJsonArray -}}
{{- $keys := splitList "." $path -}}
{{- $parent := $.Values -}}
{{- range initial $keys -}}
{{- $found := kindIs "map" $parent | ternary $parent dict -}}
{{- $parent = get $found . -}}
{{- end -}}
{{- $parent = kindIs "map" $parent | ternary $parent dict -}}
{{- range $key, $value := $parent -}}
{{- if and (has (last $keys) (list "*" $key)) (eq (toString $value) "none") -}}
{{- if hasPrefix "canary." $path -}}{{- $_ := set $parent $key nil -}}
{{- else -}}{{- $_ := unset $parent $key -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
