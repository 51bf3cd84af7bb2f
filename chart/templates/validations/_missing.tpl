{{- define "model-serving.problems.missing" -}}
{{- range $path := .Files.Get "files/needed-values.json" | fromJsonArray }}
{{- $parent := $.Values }}
{{- $keys := splitList "." $path }}
{{- range initial $keys }}
{{- $parent = get (kindIs "map" $parent | ternary $parent dict) . }}
{{- end }}
{{- /* Of a group that is missing only the group itself is told. */}}
{{- if and (kindIs "map" $parent) (not (hasKey $parent (last $keys))) }}
- {{ $path }} is missing: leave the key out of your values to get its default (null deletes it, and `helm upgrade --reuse-values` does not bring the defaults of a new chart; --reset-then-reuse-values does)
{{- end }}
{{- end }}
{{- end -}}
