{{- define "model-serving.problems.scaling" -}}
{{- with .Values }}
{{- if and .autoscaling.enabled .keda.enabled }}
- autoscaling and keda are both enabled and would fight over the number of pods: disable one of them (keda has a cpu trigger of its own)
{{- end }}
{{- end }}
{{- with .Values.autoscaling }}
{{- if .enabled }}
{{- if gt (int64 .minReplicas) (int64 .maxReplicas) }}
- autoscaling.minReplicas ({{ .minReplicas }}) is above autoscaling.maxReplicas ({{ .maxReplicas }}): lower the one or raise the other
{{- end }}
{{- if not (or .targetCPUUtilizationPercentage .targetMemoryUtilizationPercentage .metrics) }}
- autoscaling has nothing to aim at: set autoscaling.targetCPUUtilizationPercentage or autoscaling.metrics
{{- end }}
{{- $requests := $.Values.resources.requests | default dict }}
{{- $limits := $.Values.resources.limits | default dict }}
{{- range $resource, $target := dict "cpu" .targetCPUUtilizationPercentage "memory" .targetMemoryUtilizationPercentage }}
{{- /* Kubernetes takes a limit for a request that is not set. */}}
{{- if and $target (not (or (get $requests $resource) (get $limits $resource))) }}
- autoscaling aims at per cent of the {{ $resource }} request, but resources.requests.{{ $resource }} is not set: set it
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.keda }}
{{- if .enabled }}
{{- if gt (int64 .minReplicaCount) (int64 .maxReplicaCount) }}
- keda.minReplicaCount ({{ .minReplicaCount }}) is above keda.maxReplicaCount ({{ .maxReplicaCount }}): lower the one or raise the other
{{- end }}
{{- if not .triggers }}
- keda.triggers is empty, so there is nothing to scale by: add a trigger
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.podDisruptionBudget }}
{{- if .enabled }}
{{- $pods := include "model-serving.fewestPods" $ | int64 }}
{{- if not (kindIs "invalid" .minAvailable) }}
{{- $kept := int64 0 }}
{{- if kindIs "string" .minAvailable }}
{{- $kept = divf (mulf $pods (trimSuffix "%" .minAvailable | float64)) 100 | ceil | int64 }}
{{- else }}
{{- $kept = int64 .minAvailable }}
{{- end }}
{{- if and $pods (ge $kept $pods) }}
- podDisruptionBudget.minAvailable ({{ .minAvailable }}) keeps all of {{ $pods }} pods, so no node could ever be drained: lower it, or run more pods
{{- end }}
{{- else if kindIs "invalid" .maxUnavailable }}
- podDisruptionBudget sets neither minAvailable nor maxUnavailable: set one of them
{{- else if has (toString .maxUnavailable) (list "0" "0%") }}
- podDisruptionBudget.maxUnavailable is {{ .maxUnavailable }}, so no node could ever be drained: raise it to at least 1
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
