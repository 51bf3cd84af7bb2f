{{- define "model-serving.problems.missing" -}}
{{- range $path := .Files.Get "files/needed-values.json" | fromJsonArray }}
{{- $parent := $.Values }}
{{- $keys := splitList "." $path }}
{{- range initial $keys }}
{{- $parent = get (kindIs "map" $parent | ternary $parent dict) . }}
{{- end }}
{{- /* Of a group that is missing only the group itself is told. */}}
{{- if and (kindIs "map" $parent) (not (hasKey $parent (last $keys))) }}
- {{ $path }} is null, but the chart needs it: leave the key out to get its default, or give it a value
{{- end }}
{{- end }}
{{- end -}}
