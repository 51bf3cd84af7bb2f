{{/*
The pod template of one track.
Usage: {{ include "model-serving.pod" $track }}
*/}}
{{- define "model-serving.pod" -}}
{{- with .values -}}
metadata:
  labels:
    {{- include "model-serving.podLabels" $ | nindent 4 }}
  annotations:
    {{- include "model-serving.podAnnotations" $ | nindent 4 }}
spec:
  {{- with include "model-serving.serviceAccountName" $.root }}
  serviceAccountName: {{ . }}
  {{- end }}
  automountServiceAccountToken: {{ .serviceAccount.automountToken }}
  {{- /* A Service named model-server would set MODEL_SERVER_PORT, one of the server's settings. */}}
  enableServiceLinks: false
  {{- with .imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .podSecurityContext | nindent 4 }}
  terminationGracePeriodSeconds: {{ .shutdown.gracePeriodSeconds }}
  {{- with .priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- $verifier := include "model-serving.verifyContainer" $ }}
  {{- if or .initContainers .logForwarding.enabled (eq .model.source "uri") $verifier }}
  initContainers:
    {{- if .logForwarding.enabled }}
    {{- include "model-serving.logForwarder" $ | nindent 4 }}
    {{- end }}
    {{- with .initContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if eq .model.source "uri" }}
    {{- include "model-serving.fetchContainer" $ | nindent 4 }}
    {{- end }}
    {{- with $verifier }}
    {{- . | nindent 4 }}
    {{- end }}
  {{- end }}
  containers:
    {{- include "model-serving.serverContainer" $ | nindent 4 }}
    {{- with .sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- with include "model-serving.modelVolume" $ }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with include "model-serving.ownServerVolumes" $ }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- if .logForwarding.enabled }}
    {{- include "model-serving.logForwardingVolumes" $ | nindent 4 }}
    {{- end }}
    {{- with include "model-serving.featureStoreVolumes" $ }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with include "model-serving.payloadLoggingVolumes" $ }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with .volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- $own := dict "matchLabels" (include "model-serving.selectorLabels" $ | fromYaml) }}
    {{- range .topologySpreadConstraints }}
    - {{- hasKey . "labelSelector" | ternary . (set (deepCopy .) "labelSelector" $own) | toYaml | nindent 6 }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/*
The service account of the pods; empty: the namespace's default one.
Usage: {{ include "model-serving.serviceAccountName" $ }}
*/}}
{{- define "model-serving.serviceAccountName" -}}
{{- with .Values.serviceAccount -}}
{{- .name | default (.create | ternary (include "model-serving.fullname" $) "") -}}
{{- end -}}
{{- end -}}
