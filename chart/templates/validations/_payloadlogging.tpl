{{- define "model-serving.problems.payloadlogging" -}}
{{- with .Values.payloadLogging }}
{{- if .enabled }}
{{- if eq .sink.url "stdout" }}
{{- range $key, $value := dict "auth.existingSecret" .sink.auth.existingSecret "auth.header" .sink.auth.header "caConfigMapName" .sink.caConfigMapName }}
{{- if $value }}
- payloadLogging.sink.{{ $key }} is set, but nothing is sent with payloadLogging.sink.url=stdout: name an address there, or remove it
{{- end }}
{{- end }}
{{- if eq .sink.format "batch" }}
- payloadLogging.sink.format is batch, but payloadLogging.sink.url=stdout gets one line per request: name an address there, or remove it
{{- end }}
{{- else if and $.Values.networkPolicy.enabled (not $.Values.networkPolicy.egress) (not (include "model-serving.payloadLoggingEgress" $)) }}
- networkPolicy lets the pods reach nothing, and from payloadLogging.sink.url ({{ .sink.url }}) the chart cannot tell what to allow: allow the sink in networkPolicy.egress
{{- end }}
{{- if and .sink.auth.header (not .sink.auth.existingSecret) (ne .sink.url "stdout") }}
- payloadLogging.sink.auth.header is set without payloadLogging.sink.auth.existingSecret: name the Secret that holds what the header carries
{{- end }}
{{- if regexMatch "(?i)^(ce-.*|content-.*|accept-encoding|connection|host|transfer-encoding)$" .sink.auth.header }}
- payloadLogging.sink.auth.header is {{ .sink.auth.header }}, which each delivery has already: name another header, or leave it empty for `Authorization: Bearer`
{{- end }}
{{- range $name, $value := .attributes }}
{{- if not (regexMatch "^[^\\pC]+$" $value) }}
- payloadLogging.attributes.{{ $name }} must be text that can be printed: give it a value, or remove it
{{- end }}
{{- if not (regexMatch "^[a-z0-9]{1,20}$" $name) }}
- payloadLogging.attributes.{{ $name }} is no name of an attribute of CloudEvents: use at most 20 lower-case letters and digits
{{- else if has $name (include "model-serving.payloadFields" $ | fromJsonArray) }}
- payloadLogging.attributes.{{ $name }} is what each payload carries already: choose another name
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
What payloads carry by themselves, or cannot carry, as JSON: attributes of CloudEvents, and fields of a line.
*/}}
{{- define "model-serving.payloadFields" -}}
{{- list
  "specversion" "id" "type" "source" "subject" "time" "datacontenttype" "dataschema" "data"
  "inferenceservicename" "component" "modelversion" "modelsha256" "statuscode" "bodybytes" "documentbytes"
  "level" "message" "model" "version" "event" "path" "status" "seconds" "sha256" "request" "fetched" "response"
  "name" "msg" "args" "levelname" "levelno" "pathname" "filename" "module" "lineno" "created" "msecs" "thread"
  "process" "asctime" | toJson -}}
{{- end -}}
