{{/*
Moves values with an old name to the new one: all templates see that alone. What was moved stays in
Values.renamed, for NOTES.txt; what says both and not the same stays where it is, for the problems below.
Usage: {{ include "model-serving.moveRenamed" $ }}
*/}}
{{- define "model-serving.moveRenamed" -}}
{{- $moved := dict -}}
{{- range $path, $name := .Files.Get "files/renamed-values.json" | fromJson -}}
{{- $keys := splitList "." $path -}}
{{- $parent := $.Values -}}
{{- range initial $keys -}}
{{- $found := kindIs "map" $parent | ternary $parent dict -}}
{{- $parent = get $found . -}}
{{- end -}}
{{- $parent = kindIs "map" $parent | ternary $parent dict -}}
{{- $old := last $keys -}}
{{- if hasKey $parent $old -}}
{{- $value := get $parent $old -}}
{{- $now := get $parent $name -}}
{{- if not (and $value $now (ne (toString $value) (toString $now))) -}}
{{- if or $value (not (hasKey $parent $name)) -}}{{- $_ := set $parent $name $value -}}{{- end -}}
{{- $_ := unset $parent $old -}}
{{- if $value -}}{{- $_ := set $moved $path (append (initial $keys) $name | join ".") -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $moved -}}{{- $_ := set .Values "renamed" $moved -}}{{- end -}}
{{- end -}}

{{- define "model-serving.problems.renamed" -}}
{{- range $path, $name := .Files.Get "files/renamed-values.json" | fromJson }}
{{- $keys := splitList "." $path }}
{{- $parent := $.Values }}
{{- range initial $keys }}
{{- $parent = get (kindIs "map" $parent | ternary $parent dict) . }}
{{- end }}
{{- if and (kindIs "map" $parent) (hasKey $parent (last $keys)) }}
- {{ $path }} is the old name of {{ append (initial $keys) $name | join "." }}, and they are set to {{ get $parent (last $keys) }} and {{ get $parent $name }}: remove the old one
{{- end }}
{{- end }}
{{- end -}}
