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
{{- $given := list -}}
{{- range .values.env -}}
{{- $given = append $given .name -}}
{{- end -}}
{{- $settings := include "model-serving.environment" (list . "MODEL_SERVER_") | fromJson -}}
{{- range $name, $value := include "model-serving.computedSettings" . | fromJson -}}
{{- $_ := set $settings $name $value -}}
{{- end -}}
{{- range $name, $value := $settings -}}
{{- if and $value (not (has $name $given)) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $secret := include "model-serving.secretEnvironment" (list . "MODEL_SERVER_") | fromJson }}
{{- if not (has $name $given) }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret.name }}
      key: {{ $secret.key }}
{{- end }}
{{- end }}
{{- with .values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Those settings of the server that are more than one value, as JSON; they win over what a value says alone, and an
empty one is none.
Usage: {{ include "model-serving.computedSettings" $track | fromJson }}
*/}}
{{- define "model-serving.computedSettings" -}}
{{- $settings := dict
  "MODEL_SERVER_MODEL_NAME" (include "model-serving.modelName" .)
  "MODEL_SERVER_MODEL_VERSION" (include "model-serving.modelVersion" .)
  "MODEL_SERVER_MODEL_PATH" (include "model-serving.modelPath" .)
-}}
{{- if .values.logForwarding.enabled -}}
{{- $_ := set $settings "MODEL_SERVER_LOG_FILE" (printf "%s/server.log" (include "model-serving.logFolder" .)) -}}
{{- end -}}
{{- merge $settings (include "model-serving.featureStoreSettings" . | fromJson) (include "model-serving.payloadLoggingSettings" . | fromJson) | toJson -}}
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
