{{- define "model-serving.problems.resources" -}}
{{- $key := .key }}
{{- range $kind := list "requests" "limits" }}
{{- range $name, $_ := index $.resources $kind }}
{{- if not (regexMatch "^(cpu|memory|ephemeral-storage|hugepages-.+|[^/]+/[^/]+)$" $name) }}
- {{ $key }}.{{ $kind }}.{{ $name }} is no resource that Kubernetes knows: use cpu, memory, ephemeral-storage, or the full name of an extended one such as nvidia.com/gpu
{{- end }}
{{- end }}
{{- end }}
{{- $limits := .resources.limits | default dict }}
{{- range $name, $request := .resources.requests }}
{{- if hasKey $limits $name }}
{{- $limit := get $limits $name }}
{{- if gt (include "model-serving.amount" $request | float64) (include "model-serving.amount" $limit | float64) }}
- {{ $key }}.requests.{{ $name }} ({{ $request }}) is above {{ $key }}.limits.{{ $name }} ({{ $limit }}): raise the limit, or set it to none
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
A quantity of Kubernetes as a number.
Usage: {{ include "model-serving.amount" "500m" | float64 }}
*/}}
{{- define "model-serving.amount" -}}
{{- $text := toString . -}}
{{- $suffix := regexFind "([num]|[kMGTPE]|[KMGTPE]i)$" $text -}}
{{- $number := trimSuffix $suffix $text | float64 -}}
{{- $small := dict "n" 1e9 "u" 1e6 "m" 1e3 -}}
{{- $large := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 -}}
{{- if hasKey $small $suffix -}}
{{- divf $number (get $small $suffix) -}}
{{- else -}}
{{- mulf $number (get $large $suffix) -}}
{{- end -}}
{{- end -}}
