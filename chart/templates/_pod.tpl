{{/*
The pod template of one track.
Usage: {{ include "model-serving.pod" (dict "root" $ "track" "stable" "values" .Values) }}
*/}}
{{- define "model-serving.pod" -}}
{{- with .values -}}
metadata:
  labels:
    {{- include "model-serving.podLabels" $ | nindent 4 }}
  annotations:
    {{- include "model-serving.podAnnotations" $ | nindent 4 }}
spec:
  automountServiceAccountToken: false
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
  containers:
    {{- include "model-serving.serverContainer" $ | nindent 4 }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
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
    - {{- merge (dict) . (dict "labelSelector" $own) | toYaml | nindent 6 }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/*
The container that serves the model.
Usage: {{ include "model-serving.serverContainer" $track }}
*/}}
{{- define "model-serving.serverContainer" -}}
{{- with .values -}}
- name: server
  image: {{ include "model-serving.image" $ | quote }}
  imagePullPolicy: {{ .image.pullPolicy }}
  securityContext:
    {{- toYaml .securityContext | nindent 4 }}
  ports:
    - name: http
      containerPort: 5000
      protocol: TCP
  env:
    {{- include "model-serving.env" $ | nindent 4 }}
  {{- with .envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  startupProbe:
    {{- include "model-serving.probe" (dict "path" "/v2/health/ready" "settings" .probes.startup) | nindent 4 }}
  readinessProbe:
    {{- include "model-serving.probe" (dict "path" "/v2/health/ready" "settings" .probes.readiness) | nindent 4 }}
  livenessProbe:
    {{- include "model-serving.probe" (dict "path" "/v2/health/live" "settings" .probes.liveness) | nindent 4 }}
  {{- with .shutdown.preStopSeconds }}
  lifecycle:
    preStop:
      sleep:
        seconds: {{ . }}
  {{- end }}
  resources:
    {{- toYaml .resources | nindent 4 }}
  {{- /* A model that cannot be served says why in its last log line: show that line in the pod's status. */}}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - name: tmp
      mountPath: /tmp
{{- end }}
{{- end -}}

{{/*
A probe: the settings, and the health path unless they bring a check of their own.
Usage: {{ include "model-serving.probe" (dict "path" "/v2/health/live" "settings" .Values.probes.liveness) }}
*/}}
{{- define "model-serving.probe" -}}
{{- $probe := deepCopy .settings -}}
{{- if not (or .settings.httpGet .settings.exec .settings.tcpSocket .settings.grpc) -}}
{{- $_ := set $probe "httpGet" (dict "path" .path "port" "http") -}}
{{- end -}}
{{- toYaml $probe -}}
{{- end -}}
