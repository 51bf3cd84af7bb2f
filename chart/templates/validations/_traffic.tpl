{{- define "model-serving.problems.traffic" -}}
{{- with .Values }}
{{- if and .ingress.enabled (not .ingress.hosts) }}
- ingress.hosts is empty: name at least one host, for example ingress.hosts[0].host=model.example.com, or set ingress.enabled=false
{{- end }}
{{- if and .httpRoute.enabled (not .httpRoute.parentRefs) }}
- httpRoute.parentRefs is empty: name the gateway, for example httpRoute.parentRefs[0].name=public, or set httpRoute.enabled=false
{{- end }}
{{- if and .service.nodePort (eq .service.type "ClusterIP") }}
- service.nodePort is {{ .service.nodePort }}, but a Service of type ClusterIP has no port on the nodes: set service.type=NodePort or remove service.nodePort
{{- end }}
{{- if and .serviceMonitor.enabled .podMonitor.enabled }}
- serviceMonitor and podMonitor are both enabled, so every pod would be counted twice: disable one of them (podMonitor also reads pods that are not ready)
{{- end }}
{{- end }}
{{- end -}}
