{{/*
Labels and annotations that are the chart's own, or Helm's.
*/}}
{{- define "model-serving.problems.metadata" -}}
{{- with .Values }}
{{- $selected := list "app.kubernetes.io/name" "app.kubernetes.io/instance" }}
{{- $ofPods := concat $selected (list "model-serving/track" "model-serving/model" "model-serving/version" "model-serving/sha256" "pod-template-hash") }}
{{- $ofObjects := concat $ofPods (list "app.kubernetes.io/managed-by" "helm.sh/chart") }}
{{- $labels := dict "commonLabels" .commonLabels "serviceMonitor.labels" .serviceMonitor.labels "podMonitor.labels" .podMonitor.labels "prometheusRule.labels" .prometheusRule.labels "dashboard.labels" .dashboard.labels }}
{{- range $path, $map := $labels }}
{{- include "model-serving.problems.keys" (dict "path" $path "map" $map "taken" $ofObjects) }}
{{- end }}
{{- include "model-serving.problems.keys" (dict "path" "podLabels" "map" .podLabels "taken" $ofPods) }}
{{- $helms := list "meta.helm.sh/release-name" "meta.helm.sh/release-namespace" "helm.sh/hook" "helm.sh/hook-weight" "helm.sh/hook-delete-policy" "helm.sh/hook-output-log-policy" "model-serving/autoscaled-replicas" "deployment.kubernetes.io/revision" "kubectl.kubernetes.io/last-applied-configuration" }}
{{- $annotated := dict "serviceAccount" .serviceAccount "service" .service "httpRoute" .httpRoute "grpcRoute" .grpcRoute "dashboard" .dashboard }}
{{- range $group, $values := $annotated }}
{{- include "model-serving.problems.keys" (dict "path" (printf "%s.annotations" $group) "map" $values.annotations "taken" $helms) }}
{{- end }}
{{- $ofIngress := list }}
{{- if and .canary.enabled .ingress.enabled }}
{{- $ofIngress = eq .canary.ingressController "nginx" | ternary (list "nginx.ingress.kubernetes.io/canary" "nginx.ingress.kubernetes.io/canary-weight") (list "zalando.org/backend-weights") }}
{{- end }}
{{- include "model-serving.problems.keys" (dict "path" "ingress.annotations" "map" .ingress.annotations "taken" (concat $helms $ofIngress)) }}
{{- $ofPods = list "kubectl.kubernetes.io/default-container" "model-serving/sha256" "model-serving/log-forwarding" }}
{{- include "model-serving.problems.keys" (dict "path" "podAnnotations" "map" .podAnnotations "taken" $ofPods) }}
{{- $kept := .model.persistentVolumeClaim.create.enabled | ternary (list "helm.sh/resource-policy") list }}
{{- include "model-serving.problems.keys" (dict "path" "commonAnnotations" "map" .commonAnnotations "taken" (concat $helms $ofIngress $ofPods $kept)) }}
{{- include "model-serving.problems.keys" (dict "path" "logForwarding.fields" "map" .logForwarding.fields "taken" (list "namespace" "pod" "track")) }}
{{- end }}
{{- end -}}

{{/*
Usage: {{ include "model-serving.problems.keys" (dict "path" "commonLabels" "map" .Values.commonLabels "taken" $own) }}
*/}}
{{- define "model-serving.problems.keys" -}}
{{- range $key, $_ := .map }}
{{- if has $key $.taken }}
- {{ $.path }} has {{ $key }}, which the chart, Helm or Kubernetes sets by itself: remove it, or choose another key
{{- end }}
{{- end }}
{{- end -}}
