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
  {{- with include "model-serving.lifecycle" $ | fromYaml }}
  lifecycle:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    {{- toYaml .resources | nindent 4 }}
  {{- /* A model that cannot be served says why in its last log line: show that line in the pod's status. */}}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    {{- with include "model-serving.modelMounts" $ }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with .volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end -}}

{{/*
The server's settings. The user's own variables come last and win.
Usage: {{ include "model-serving.env" $track }}
*/}}
{{- define "model-serving.env" -}}
{{- with .values -}}
- name: MODEL_SERVER_PORT
  value: "5000"
- name: MODEL_SERVER_MODEL_NAME
  value: {{ include "model-serving.modelName" $ | quote }}
- name: MODEL_SERVER_MODEL_VERSION
  value: {{ include "model-serving.modelVersion" $ | quote }}
- name: MODEL_SERVER_MODEL_PATH
  value: {{ include "model-serving.modelPath" $ | quote }}
{{- with .model.sha256 }}
- name: MODEL_SERVER_MODEL_SHA256
  value: {{ . | quote }}
{{- end }}
- name: MODEL_SERVER_ALLOW_PICKLE
  value: {{ .model.allowPickle | quote }}
- name: MODEL_SERVER_SHUTDOWN_DELAY
  value: {{ .shutdown.delaySeconds | quote }}
- name: MODEL_SERVER_DRAIN_TIMEOUT
  value: {{ .shutdown.drainSeconds | quote }}
{{- range $name, $value := .server }}
{{- if not (kindIs "invalid" $value) }}
- name: MODEL_SERVER_{{ $name | snakecase | upper }}
  {{- /* As JSON a large number stays in digits. */}}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
{{- end }}
{{- end }}
{{- with .env }}
{{ toYaml . }}
{{- end }}
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

{{/*
Usage: {{ include "model-serving.lifecycle" $track }}
*/}}
{{- define "model-serving.lifecycle" -}}
{{- with .values -}}
{{- $lifecycle := deepCopy .lifecycle -}}
{{- with .shutdown.preStopSeconds -}}
{{- $_ := set $lifecycle "preStop" (dict "sleep" (dict "seconds" .)) -}}
{{- end -}}
{{- toYaml $lifecycle -}}
{{- end -}}
{{- end -}}
