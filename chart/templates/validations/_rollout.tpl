{{- define "model-serving.problems.rollout" -}}
{{- with .Values.shutdown }}
{{- $forwarding := include "model-serving.logForwardingGrace" $ | int64 }}
{{- $needed := add .preStopSeconds .delaySeconds .drainSeconds $forwarding }}
{{- if gt $needed (int64 .gracePeriodSeconds) }}
- shutdown.gracePeriodSeconds is {{ .gracePeriodSeconds }}, but preStopSeconds + delaySeconds + drainSeconds {{ with $forwarding }}+ {{ . }} for logForwarding {{ end }}take {{ $needed }}, so pods would be killed with requests under way: raise gracePeriodSeconds to at least {{ $needed }} or lower the others
{{- end }}
{{- $sleep := dig "preStop" "sleep" "seconds" 0 $.Values.lifecycle }}
{{- if gt (add $sleep $needed) (int64 .gracePeriodSeconds | max (int64 $needed)) }}
- lifecycle.preStop.sleep.seconds ({{ $sleep }}) leaves of shutdown.gracePeriodSeconds ({{ .gracePeriodSeconds }}) less than the {{ $needed }} that delaySeconds + drainSeconds {{ with $forwarding }}+ {{ . }} for logForwarding {{ end }}take: raise gracePeriodSeconds to at least {{ add $sleep $needed }} or lower the others
{{- end }}
{{- if and .preStopSeconds $.Values.lifecycle.preStop }}
- lifecycle.preStop and shutdown.preStopSeconds are both set, but a container has one such hook: remove one of the two
{{- end }}
{{- end }}
{{- with .Values.strategy }}
{{- $recreates := eq (.type | default "RollingUpdate") "Recreate" }}
{{- if and $recreates .rollingUpdate (ne (toJson .rollingUpdate) (dict "maxUnavailable" 0 "maxSurge" 1 | toJson)) }}
- strategy.rollingUpdate is set, but has no meaning with strategy.type=Recreate and Kubernetes refuses it: remove it
{{- end }}
{{- with $recreates | ternary dict .rollingUpdate }}
{{- $none := list "0" "0%" }}
{{- if and (has (toString .maxUnavailable) $none) (has (toString .maxSurge) $none) }}
- strategy.rollingUpdate.maxUnavailable and maxSurge are both 0, so no pod could ever be replaced: raise one of them
{{- end }}
{{- end }}
{{- end }}
{{- with .Values }}
{{- if ge (int64 .minReadySeconds) (int64 .progressDeadlineSeconds) }}
- progressDeadlineSeconds is {{ .progressDeadlineSeconds }} and must be greater than minReadySeconds ({{ .minReadySeconds }}): raise it
{{- end }}
{{- $budget := include "model-serving.startBudget" $ | int64 }}
{{- if gt $budget (int64 .progressDeadlineSeconds) }}
- probes.startup allows {{ $budget }} s for the start (periodSeconds x failureThreshold), but progressDeadlineSeconds calls the rollout failed after {{ $.Values.progressDeadlineSeconds }} s: raise progressDeadlineSeconds or lower probes.startup.failureThreshold
{{- end }}
{{- end }}
{{- end -}}

{{/*
Seconds the startup probe gives the server.
*/}}
{{- define "model-serving.startBudget" -}}
{{- with .Values.probes.startup -}}
{{- add (.initialDelaySeconds | default 0) (mul (.periodSeconds | default 10) (.failureThreshold | default 3)) -}}
{{- end -}}
{{- end -}}
