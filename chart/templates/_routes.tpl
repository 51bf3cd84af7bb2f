{{/*
Usage: {{ include "model-serving.ingressRules" (dict "root" $ "backends" (list "wine" "wine-canary")) }}
Each path leads to each of the Services.
*/}}
{{- define "model-serving.ingressRules" -}}
{{- $backends := .backends -}}
{{- range .root.Values.ingress.hosts }}
- host: {{ .host | quote }}
  http:
    paths:
      {{- range $path := .paths | default (list (dict "path" "/")) }}
      {{- range $backends }}
      - path: {{ $path.path | quote }}
        pathType: {{ $path.pathType | default "Prefix" }}
        backend:
          service:
            name: {{ . }}
            port:
              name: http
      {{- end }}
      {{- end }}
{{- end }}
{{- end -}}
