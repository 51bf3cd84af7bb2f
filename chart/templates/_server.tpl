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
      containerPort: {{ .server.port }}
      protocol: TCP
    {{- with .server.managementPort }}
    - name: management
      containerPort: {{ . }}
      protocol: TCP
    {{- end }}
  env:
    {{- include "model-serving.env" $ | trim | nindent 4 }}
  {{- with .envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $port := include "model-serving.managementPortName" $ }}
  startupProbe:
    {{- include "model-serving.probe" (dict "path" "/v2/health/ready" "port" $port "settings" .probes.startup) | nindent 4 }}
  readinessProbe:
    {{- include "model-serving.probe" (dict "path" "/v2/health/ready" "port" $port "settings" .probes.readiness) | nindent 4 }}
  livenessProbe:
    {{- include "model-serving.probe" (dict "path" "/v2/health/live" "port" $port "settings" .probes.liveness) | nindent 4 }}
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
    {{- if .logForwarding.enabled }}
    - name: logs
      mountPath: {{ include "model-serving.logFolder" $ }}
    {{- end }}
    {{- if include "model-serving.featureStoreVolumes" $ }}
    - name: feature-store
      mountPath: /mnt/feature-store
      readOnly: true
    {{- end }}
    {{- if include "model-serving.payloadLoggingVolumes" $ }}
    - name: payload-log
      mountPath: /mnt/payload-log
      readOnly: true
    {{- end }}
    {{- with .volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end -}}

{{/*
The server's settings. A variable of the user takes the place of the chart's own: two of one name
would be merged wrongly in an upgrade.
Usage: {{ include "model-serving.env" $track }}
*/}}
{{- define "model-serving.env" -}}
{{- with .values -}}
{{- $settings := dict
  "MODEL_NAME" (include "model-serving.modelName" $)
  "MODEL_VERSION" (include "model-serving.modelVersion" $)
  "MODEL_PATH" (include "model-serving.modelPath" $)
  "ALLOW_PICKLE" (toString .model.allowPickle)
  "SHUTDOWN_DELAY" (toString .shutdown.delaySeconds)
  "DRAIN_TIMEOUT" (toString .shutdown.drainSeconds)
-}}
{{- with .model.sha256 -}}
{{- $_ := set $settings "MODEL_SHA256" . -}}
{{- end -}}
{{- with .logForwarding -}}
{{- if .enabled -}}
{{- $_ := set $settings "LOG_FILE" (printf "%s/server.log" (include "model-serving.logFolder" $)) -}}
{{- $_ := set $settings "LOG_FILE_BYTES" (.fileBytes | int64 | toString) -}}
{{- end -}}
{{- end -}}
{{- $words := dict "accept" "null" -}}
{{- $server := empty .server.managementPort | ternary (omit .server "managementPort") .server -}}
{{- range $name, $value := $server -}}
{{- if not (kindIs "invalid" $value) -}}
{{- /* As JSON a large number stays in digits. */ -}}
{{- $_ := set $settings ($name | snakecase | upper) (kindIs "string" $value | ternary (get $words (toString $value) | default $value) (toJson $value)) -}}
{{- end -}}
{{- end -}}
{{- $settings = merge $settings (include "model-serving.featureStoreSettings" $ | fromJson) (include "model-serving.payloadLoggingSettings" $ | fromJson) -}}
{{- $given := list -}}
{{- range .env -}}
{{- $given = append $given .name -}}
{{- end -}}
{{- range $name, $value := $settings -}}
{{- $variable := printf "MODEL_SERVER_%s" $name -}}
{{- if not (has $variable $given) }}
- name: {{ $variable }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- $secrets := dict "FEATURE_STORE_TOKEN" (.featureStore.enabled | ternary .featureStore.auth dict) "PAYLOAD_LOG_TOKEN" (.payloadLogging.enabled | ternary .payloadLogging.sink.auth dict) }}
{{- range $name, $auth := $secrets }}
{{- $variable := printf "MODEL_SERVER_%s" $name }}
{{- if and $auth.secretName (not (has $variable $given)) }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $auth.secretName }}
      key: {{ $auth.secretKey }}
{{- end }}
{{- end }}
{{- with .env }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
The name of the container's port that answers probes and gives metrics.
Usage: {{ include "model-serving.managementPortName" $track }}
*/}}
{{- define "model-serving.managementPortName" -}}
{{- empty .values.server.managementPort | ternary "http" "management" -}}
{{- end -}}

{{/*
A probe: the settings, and the health path unless they bring a check of their own.
Usage: {{ include "model-serving.probe" (dict "path" "/v2/health/live" "port" "http" "settings" .Values.probes.liveness) }}
*/}}
{{- define "model-serving.probe" -}}
{{- $probe := deepCopy .settings -}}
{{- if not (or .settings.httpGet .settings.exec .settings.tcpSocket .settings.grpc) -}}
{{- $_ := set $probe "httpGet" (dict "path" .path "port" .port) -}}
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
