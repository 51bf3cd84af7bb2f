{{/*
What the cluster itself cannot do. Told only where it can be asked: else Helm knows a version that is none of
any cluster. Every cluster serves the API named here, no Helm without one knows it, and reading it of what Helm has
asked already takes no permission of anybody's.
*/}}
{{- define "model-serving.problems.cluster" -}}
{{- /* With -0 also versions as clouds number them, such as v1.34.2-gke.100, which are pre-releases to those who compare. */}}
{{- if and (.Capabilities.APIVersions.Has "apiregistration.k8s.io/v1") (not (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version)) }}
- the cluster runs Kubernetes {{ .Capabilities.KubeVersion.Version }}, but this chart needs 1.30 or later: upgrade the cluster, or deploy to another
{{- end }}
{{- end -}}
