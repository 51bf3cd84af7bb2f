{{/*
Those settings of the payload log that are no value by themselves, as JSON.
Usage: {{ include "model-serving.payloadLoggingSettings" $track | fromJson }}
*/}}
{{- define "model-serving.payloadLoggingSettings" -}}
{{- with .values.payloadLogging -}}
{{- $settings := dict -}}
{{- if .enabled -}}
{{- $attributes := dict "namespace" $.root.Release.Namespace "endpoint" (eq $.track "canary" | ternary "canary" "default") -}}
{{- $_ := set $settings "MODEL_SERVER_PAYLOAD_LOG_ATTRIBUTES" (merge (dict) .attributes $attributes | toJson) -}}
{{- if eq .sink.url "stdout" -}}
{{- $_ := set $settings "MODEL_SERVER_PAYLOAD_LOG_FORMAT" "" -}}
{{- end -}}
{{- if .sink.caConfigMapName -}}
{{- $_ := set $settings "MODEL_SERVER_PAYLOAD_LOG_CA_FILE" "/mnt/payload-log/ca.crt" -}}
{{- end -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}
{{- end -}}

{{/*
The volume with the authorities to trust, as a list; empty if there is none.
Usage: {{ include "model-serving.payloadLoggingVolumes" $track }}
*/}}
{{- define "model-serving.payloadLoggingVolumes" -}}
{{- with .values.payloadLogging -}}
{{- if and .enabled .sink.caConfigMapName -}}
- name: payload-log
  configMap:
    name: {{ .sink.caConfigMapName }}
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
