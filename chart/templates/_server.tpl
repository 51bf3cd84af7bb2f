{{/*
The container that serves the model.
Usage: {{ include "model-serving.serverContainer" $track }}
*/}}
{{- define "model-serving.serverContainer" -}}
{{- with .values -}}
- name: server
  image: {{ include "model-serving.image" $ | quote }}
  imagePullPolicy: {{ .image.pullPolicy }}
  {{- with .server.command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .server.args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .securityContext | nindent 4 }}
  ports:
    - name: http
      containerPort: {{ .server.port }}
      protocol: TCP
    {{- with .server.grpcPort }}
    - name: grpc
      containerPort: {{ . }}
      protocol: TCP
    {{- end }}
    {{- with .server.managementPort }}
    - name: management
      containerPort: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with include "model-serving.env" $ | trim }}
  env:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  startupProbe:
    {{- include "model-serving.probe" (dict "track" $ "path" (include "model-serving.readyPath" $) "settings" (include "model-serving.startupSettings" $ | fromJson)) | nindent 4 }}
  readinessProbe:
    {{- include "model-serving.probe" (dict "track" $ "path" (include "model-serving.readyPath" $) "settings" .probes.readiness) | nindent 4 }}
  livenessProbe:
    {{- include "model-serving.probe" (dict "track" $ "path" (include "model-serving.isOwn" $ | empty | ternary "/v2/health/live" "") "settings" .probes.liveness) | nindent 4 }}
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
    {{- with include "model-serving.serverModelMounts" $ }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with include "model-serving.ownServerMounts" $ }}
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
The server's settings, of which an own server has none. A variable of the user takes the place of the chart's own: two
of one name would be merged wrongly in an upgrade.
Usage: {{ include "model-serving.env" $track }}
*/}}
{{- define "model-serving.env" -}}
{{- $given := list -}}
{{- range .values.env -}}
{{- $given = append $given .name -}}
{{- end -}}
{{- $isOwn := include "model-serving.isOwn" . -}}
{{- $settings := include "model-serving.environment" (list . "MODEL_SERVER_") | fromJson -}}
{{- range $name, $value := include "model-serving.computedSettings" . | fromJson -}}
{{- $_ := set $settings $name $value -}}
{{- end -}}
{{- range $name, $value := empty $isOwn | ternary $settings dict -}}
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
A probe: the settings, and unless they bring a check of their own the health path; without one, as an own server has it
for its liveness or for all probes, whether the port takes connections.
Usage: {{ include "model-serving.probe" (dict "track" $track "path" "/v2/health/live" "settings" .Values.probes.liveness) }}
*/}}
{{- define "model-serving.probe" -}}
{{- $probe := deepCopy .settings -}}
{{- if not (or .settings.httpGet .settings.exec .settings.tcpSocket .settings.grpc) -}}
{{- $port := include "model-serving.managementPortName" .track -}}
{{- if .path -}}{{- $_ := set $probe "httpGet" (dict "path" .path "port" $port) -}}
{{- else -}}{{- $_ := set $probe "tcpSocket" (dict "port" $port) -}}
{{- end -}}
{{- end -}}
{{- toYaml $probe -}}
{{- end -}}

{{/*
The path that answers 200 once requests may come; empty if nobody knows it.
Usage: {{ include "model-serving.readyPath" $track }}
*/}}
{{- define "model-serving.readyPath" -}}
{{- include "model-serving.isOwn" . | empty | ternary "/v2/health/ready" .values.server.healthPath -}}
{{- end -}}

{{/*
Usage: {{ include "model-serving.lifecycle" $track }}
*/}}
{{- define "model-serving.lifecycle" -}}
{{- with .values -}}
{{- $lifecycle := deepCopy .lifecycle -}}
{{- $seconds := .shutdown.preStopSeconds -}}
{{- /* Another server ends at SIGTERM: that comes when every load balancer has noticed. */ -}}
{{- if and (include "model-serving.isOwn" $) (not $seconds) (not .lifecycle.preStop) -}}
{{- $seconds = .shutdown.delaySeconds -}}
{{- end -}}
{{- with $seconds -}}
{{- $_ := set $lifecycle "preStop" (dict "sleep" (dict "seconds" .)) -}}
{{- end -}}
{{- toYaml $lifecycle -}}
{{- end -}}
{{- end -}}
