{{/*
The program that sends the server's log lines on, for a cluster that does not collect what its
containers print. No container sees what another prints, so the server writes its lines into files of
bounded size as well. The forwarder starts before the server and stops after it, and what its outputs
have not taken yet waits on the same volume, bounded too.
*/}}

{{/*
Where the files are, in both containers.
*/}}
{{- define "model-serving.logFolder" -}}/var/log/model-server{{- end -}}

{{/*
Usage: {{ include "model-serving.logForwarder" $track }}
*/}}
{{- define "model-serving.logForwarder" -}}
{{- with .values.logForwarding -}}
- name: log-forwarder
  image: {{ include "model-serving.imageReference" (dict "root" $.root "image" .image) | quote }}
  imagePullPolicy: {{ .image.pullPolicy }}
  restartPolicy: Always
  args:
    - --config=/mnt/log-forwarding/fluent-bit.yaml
  env:
    {{- range $variable, $field := include "model-serving.logForwardingFields" . | fromJson }}
    - name: {{ $variable }}
      valueFrom:
        fieldRef:
          fieldPath: {{ $field }}
    {{- end }}
  {{- with .existingSecret }}
  envFrom:
    - secretRef:
        name: {{ . }}
  {{- end }}
  ports:
    - name: log-forwarder
      containerPort: 2020
      protocol: TCP
  {{- /* Only whether it lives: a receiver that is away must not take the model out of traffic. */}}
  livenessProbe:
    httpGet:
      path: /
      port: log-forwarder
    periodSeconds: 30
    timeoutSeconds: 5
    failureThreshold: 6
  resources:
    {{- toYaml .resources | nindent 4 }}
  securityContext:
    {{- toYaml $.values.securityContext | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - name: logs
      mountPath: {{ include "model-serving.logFolder" $ }}
    - name: log-forwarding
      mountPath: /mnt/log-forwarding
      readOnly: true
    {{- if .caConfigMapName }}
    - name: log-authority
      mountPath: /mnt/log-authority
      readOnly: true
    {{- end }}
{{- end }}
{{- end -}}

{{/*
Variables that say which pod it is, with the fields of the pod they stand for, as JSON.
*/}}
{{- define "model-serving.logForwardingFields" -}}
{{- dict "POD_NAME" "metadata.name" "POD_NAMESPACE" "metadata.namespace" "POD_TRACK" "metadata.labels['model-serving/track']" | toJson -}}
{{- end -}}

{{/*
Its volumes, as a list.
Usage: {{ include "model-serving.logForwardingVolumes" $track }}
*/}}
{{- define "model-serving.logForwardingVolumes" -}}
{{- with .values.logForwarding -}}
- name: logs
  emptyDir:
    sizeLimit: {{ include "model-serving.logVolumeBytes" . }}
- name: log-forwarding
  configMap:
    name: {{ include "model-serving.fullname" $.root }}-log-forwarding
{{- with .caConfigMapName }}
- name: log-authority
  configMap:
    name: {{ . }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end -}}
{{- end -}}

{{/*
The most that files and buffers hold, and room for what rounds up: a pod that exceeds it is evicted.
Usage: {{ include "model-serving.logVolumeBytes" .Values.logForwarding }}
*/}}
{{- define "model-serving.logVolumeBytes" -}}
{{- add (mul 2 (int64 .fileBytes)) (mul (len .outputs) (int64 .bufferBytes)) 67108864 -}}
{{- end -}}

{{/*
The configuration of fluent-bit. `$${NAME}` in it is an environment variable.
Usage: {{ include "model-serving.logForwardingConfiguration" $ }}
*/}}
{{- define "model-serving.logForwardingConfiguration" -}}
{{- $folder := include "model-serving.logFolder" . -}}
{{- with .Values.logForwarding -}}
service:
  flush: 1
  # Seconds for the last lines, after the server has ended.
  grace: {{ include "model-serving.logForwardingGrace" $ }}
  log_level: warn
  http_server: on
  http_listen: 0.0.0.0
  http_port: 2020
  storage.path: {{ $folder }}/buffer
  # How many pieces of at most 2 MB are in memory at once; the others wait on the disk.
  storage.max_chunks_up: 8
  storage.backlog.mem_limit: 8M
  storage.backlog.flush_on_shutdown: on
parsers:
  - name: model-server
    format: json
    time_key: time
    time_format: "%Y-%m-%dT%H:%M:%S.%LZ"
    time_keep: on
pipeline:
  inputs:
    - name: tail
      tag: model-server
      # The older of the two as well: after a restart it may not be read to its end.
      path: {{ $folder }}/server.log,{{ $folder }}/server.log.1
      parser: model-server
      read_from_head: on
      refresh_interval: 1
      rotate_wait: 5
      # A line may hold the body of a request.
      buffer_max_size: 16M
      skip_long_lines: on
      db: {{ $folder }}/position.db
      db.locking: on
      storage.type: filesystem
  filters:
    - name: record_modifier
      match: "*"
      record:
        - namespace ${POD_NAMESPACE}
        - pod ${POD_NAME}
        - track ${POD_TRACK}
        {{- range $field, $value := .fields }}
        - {{ printf "%s %q" $field $value | toJson }}
        {{- end }}
    {{- with .filters }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  outputs:
    {{- range .outputs }}
    {{- $defaults := dict "match" "*" "retry_limit" "no_limits" "storage.total_limit_size" ($.Values.logForwarding.bufferBytes | int64) }}
    {{- if and $.Values.logForwarding.caConfigMapName (has (get . "tls" | toString) (list "true" "on" "yes")) }}
    {{- $_ := set $defaults "tls.ca_file" "/mnt/log-authority/ca.crt" }}
    {{- end }}
    {{- list (merge (dict) . $defaults) | toYaml | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}

{{/*
Seconds the forwarder gets for the last lines, when the server has ended.
Usage: {{ include "model-serving.logForwardingGrace" $ | int }}
*/}}
{{- define "model-serving.logForwardingGrace" -}}
{{- .Values.logForwarding.enabled | ternary 5 0 -}}
{{- end -}}
