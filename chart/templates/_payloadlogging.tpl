{{/*
The server's settings of the payload log, but for the secret, as JSON.
Usage: {{ include "model-serving.payloadLoggingSettings" $track | fromJson }}
*/}}
{{- define "model-serving.payloadLoggingSettings" -}}
{{- with .values.payloadLogging -}}
{{- $settings := dict -}}
{{- if .enabled -}}
{{- $attributes := dict "namespace" $.root.Release.Namespace "endpoint" (eq $.track "canary" | ternary "canary" "default") -}}
{{- $settings = dict
  "SINK" .sink.url
  "SAMPLE" (toString .sampling)
  "MODE" .mode
  "FORMAT" (eq .sink.url "stdout" | ternary "" .sink.format)
  "AUTH_HEADER" .sink.auth.header
  "CA_FILE" (empty .sink.authorityConfigMapName | ternary "" "/mnt/payload-log/ca.crt")
  "TIMEOUT" (toJson .sink.timeoutSeconds)
  "RETRIES" (toJson .sink.retries)
  "CONNECTIONS" (toJson .sink.connections)
  "MAX_BODY_BYTES" (toJson .maxBodyBytes)
  "QUEUE_REQUESTS" (toJson .queue.requests)
  "QUEUE_BYTES" (toJson .queue.bytes)
  "BATCH_REQUESTS" (toJson .queue.batchRequests)
  "BATCH_SECONDS" (toJson .queue.batchSeconds)
  "ATTRIBUTES" (merge (dict) .attributes $attributes | toJson)
-}}
{{- end -}}
{{- $prefixed := dict -}}
{{- range $name, $value := $settings -}}
{{- if not (has $value (list "" "null")) -}}
{{- $_ := set $prefixed (printf "PAYLOAD_LOG_%s" $name) $value -}}
{{- end -}}
{{- end -}}
{{- toJson $prefixed -}}
{{- end -}}
{{- end -}}

{{/*
The volume with the authorities to trust, as a list; empty if there is none.
Usage: {{ include "model-serving.payloadLoggingVolumes" $track }}
*/}}
{{- define "model-serving.payloadLoggingVolumes" -}}
{{- with .values.payloadLogging -}}
{{- if and .enabled .sink.authorityConfigMapName -}}
- name: payload-log
  configMap:
    name: {{ .sink.authorityConfigMapName }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
What the pods must reach to deliver payloads, as a rule of a network policy; empty if that is nothing, or if
the address does not tell.
Usage: {{ include "model-serving.payloadLoggingEgress" $ }}
*/}}
{{- define "model-serving.payloadLoggingEgress" -}}
{{- with .Values.payloadLogging -}}
{{- if and .enabled (ne .sink.url "stdout") -}}
{{- include "model-serving.egressTo" (dict "root" $ "url" .sink.url) -}}
{{- end -}}
{{- end -}}
{{- end -}}
