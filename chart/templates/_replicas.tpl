{{/*
How many pods the Deployment of a track asks for; empty where it does not say.

An autoscaler owns the number of the stable pods. But a number that the last revision said cannot just be left
out: Helm 3 takes it out of the object, and Kubernetes puts 1 in its place. So it is said again as it is,
which conflicts with nobody. A Deployment that never said one goes on without: a rollback between two such
revisions leaves the pods alone.

Usage: {{ include "model-serving.replicas" $track }}
*/}}
{{- define "model-serving.replicas" -}}
{{- $count := int .values.replicaCount -}}
{{- if eq .track "canary" -}}
{{- $count -}}
{{- else -}}
{{- $found := include "model-serving.liveDeployment" .root | fromJson -}}
{{- $live := dig "spec" "replicas" 0 $found | int -}}
{{- $before := include "model-serving.autoscaledBefore" .root -}}
{{- if not (include "model-serving.autoscaled" .root) -}}
{{- $before | empty | ternary $count (max $live $count) -}}
{{- else if include "model-serving.saysReplicas" .root -}}
{{- $fewest := include "model-serving.fewestPods" .root | int -}}
{{- if not $found -}}{{- max $fewest 1 -}}
{{- else if $before -}}{{- $live -}}
{{- else -}}{{- max $live $fewest -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The stable Deployment as it is, as JSON; empty where there is none, or no cluster to ask.
*/}}
{{- define "model-serving.liveDeployment" -}}
{{- lookup "apps/v1" "Deployment" .Release.Namespace (include "model-serving.fullname" .) | toJson -}}
{{- end -}}

{{/*
Marks a Deployment whose number of pods an autoscaler owns: `said` or `unsaid`.
*/}}
{{- define "model-serving.replicasAnnotation" -}}model-serving/autoscaled-replicas{{- end -}}

{{/*
Whether a Deployment with an autoscaler says a number of pods all the same; empty if not.
*/}}
{{- define "model-serving.saysReplicas" -}}
{{- if .Values.keepReplicas -}}
{{- $found := include "model-serving.liveDeployment" . | fromJson -}}
{{- $mark := dig "metadata" "annotations" (include "model-serving.replicasAnnotation" .) "" $found -}}
{{- if $mark -}}
{{- if eq $mark "said" -}}true{{- end -}}
{{- else if $found -}}
{{- if not (include "model-serving.autoscaledBefore" .) -}}true{{- end -}}
{{- else if not (and .Values.validateReferences (include "model-serving.clusterAnswers" .)) -}}true
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Whether an autoscaler owned the number of pods until this revision; empty if not.
*/}}
{{- define "model-serving.autoscaledBefore" -}}
{{- $found := include "model-serving.liveDeployment" . | fromJson -}}
{{- if dig "metadata" "annotations" (include "model-serving.replicasAnnotation" .) "" $found -}}true
{{- /* The charts 0.1 and 0.2 set no mark. */ -}}
{{- else if and .Values.validateReferences (regexMatch "-0\\.[12]\\.[^.]*$" (dig "metadata" "labels" "helm.sh/chart" "" $found)) -}}
{{- $fullname := include "model-serving.fullname" . -}}
{{- if lookup "autoscaling/v2" "HorizontalPodAutoscaler" .Release.Namespace $fullname -}}true
{{- else if lookup "autoscaling/v2" "HorizontalPodAutoscaler" .Release.Namespace (printf "keda-hpa-%s" $fullname) -}}true
{{- end -}}
{{- end -}}
{{- end -}}
