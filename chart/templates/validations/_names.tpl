{{- define "model-serving.problems.names" -}}
{{- $fullname := include "model-serving.fullname" . }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $fullname) }}
- {{ include "model-serving.isAlias" . | empty | ternary "the release's name" "the release's name, or the name that a chart depends on this one under," }} makes {{ $fullname }} the name of the Service, which may hold only lower-case letters, digits and -, begins with a letter, and has no dot: choose another, or set fullnameOverride to such a name
{{- end }}
{{- $name := include "model-serving.name" . }}
{{- if not (regexMatch "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$" $name) }}
- {{ $name }}, the name that a chart depends on this one under, is no value of a label: set nameOverride to one
{{- end }}
{{- end -}}
