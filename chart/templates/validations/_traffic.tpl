{{- define "model-serving.problems.traffic" -}}
{{- with .Values }}
{{- if and .ingress.enabled (not .ingress.hosts) }}
- ingress.hosts is empty: name at least one host, for example ingress.hosts[0].host=model.example.com, or set ingress.enabled=false
{{- end }}
{{- if .grpcRoute.enabled }}
{{- if not .server.grpcPort }}
- grpcRoute.enabled is true, but the server has no port for gRPC: set server.grpcPort, usually 8081, or grpcRoute.enabled=false
{{- end }}
{{- if not .grpcRoute.parentRefs }}
- grpcRoute.parentRefs is empty: name the gateway, for example grpcRoute.parentRefs[0].name=public, or set grpcRoute.enabled=false
{{- end }}
{{- if .httpRoute.enabled }}
{{- range $name := .grpcRoute.hostnames }}
{{- if or (has $name $.Values.httpRoute.hostnames) (not $.Values.httpRoute.hostnames) }}
- grpcRoute.hostnames has {{ $name }}, which httpRoute.hostnames {{ empty $.Values.httpRoute.hostnames | ternary "has too, as it is empty" "has too" }}, and a gateway takes only the older route: choose another host name for one of them
{{- end }}
{{- end }}
{{- if not .grpcRoute.hostnames }}
- grpcRoute.hostnames is empty, which is all host names, also those of the httpRoute, and a gateway takes only the older route: name others
{{- end }}
{{- end }}
{{- end }}
{{- if and .server.grpcPort (eq (int .service.port) (int .service.grpcPort)) }}
- service.grpcPort and service.port are both {{ .service.port }}: choose another port
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
{{- range $key := list "serviceMonitor" "podMonitor" }}
{{- with get $.Values $key }}
{{- $interval := include "model-serving.milliseconds" .interval | float64 }}
{{- if eq $interval 0.0 }}
- {{ $key }}.interval is {{ .interval }}, which is no time: set for example 30s
{{- else if gt (include "model-serving.milliseconds" .scrapeTimeout | float64) $interval }}
- {{ $key }}.scrapeTimeout ({{ .scrapeTimeout }}) is longer than {{ $key }}.interval ({{ .interval }}), which the Prometheus operator refuses: lower it, remove it, or raise the interval
{{- else if and .scrapeTimeout (eq (include "model-serving.milliseconds" .scrapeTimeout | float64) 0.0) }}
- {{ $key }}.scrapeTimeout is {{ .scrapeTimeout }}, which is no time: set for example 10s, or remove it
{{- end }}
{{- end }}
{{- end }}
{{- with .httpRoute.timeouts }}
{{- $request := include "model-serving.milliseconds" (.request | default "") | float64 }}
{{- if and (gt $request 0.0) (gt (include "model-serving.milliseconds" (.backendRequest | default "") | float64) $request) }}
- httpRoute.timeouts.backendRequest ({{ .backendRequest }}) is longer than httpRoute.timeouts.request ({{ .request }}), which the Gateway API refuses: lower it, or raise the other
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
