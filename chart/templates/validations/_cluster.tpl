{{/*
What the cluster itself cannot do. Told only where it can be asked: else Helm knows a version that is none of
any cluster.
*/}}
{{- define "model-serving.problems.cluster" -}}
{{- if and .Values.validateReferences (include "model-serving.clusterAnswers" .) }}
{{- /* With -0 also versions as clouds number them, such as v1.34.2-gke.100, which are pre-releases to those who compare. */}}
{{- if not (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version) }}
- the cluster runs Kubernetes {{ .Capabilities.KubeVersion.Version }}, but this chart needs 1.30 or later: upgrade the cluster, or deploy to another
{{- end }}
{{- end }}
{{- end -}}
