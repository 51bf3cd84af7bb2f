{{/*
The container that downloads the model into the pod's volume before the server starts. Its program
checks the sum, gives the file its name only when it is complete, and says in its last log line why
it could not.
Usage: {{ include "model-serving.fetchContainer" $track }}
*/}}
{{- define "model-serving.fetchContainer" -}}
{{- with .values.model.uri -}}
- name: fetch-model
  image: {{ include "model-serving.imageReference" (dict "root" $.root "image" .image) | quote }}
  imagePullPolicy: {{ .image.pullPolicy }}
  env:
    {{- range $name, $value := include "model-serving.fetchSettings" $ | fromJson }}
    - name: MODEL_FETCHER_{{ $name }}
      value: {{ $value | quote }}
    {{- end }}
    {{- if .authorityConfigMapName }}
    - name: SSL_CERT_FILE
      value: /mnt/authority/ca.crt
    {{- end }}
  {{- with .secretName }}
  envFrom:
    - secretRef:
        name: {{ . }}
  {{- end }}
  resources:
    {{- toYaml .resources | nindent 4 }}
  securityContext:
    {{- toYaml $.values.securityContext | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    - name: model
      mountPath: /mnt/model
    {{- if .registrySecretName }}
    - name: registry
      mountPath: /mnt/registry
      readOnly: true
    {{- end }}
    {{- if .authorityConfigMapName }}
    - name: authority
      mountPath: /mnt/authority
      readOnly: true
    {{- end }}
{{- end }}
{{- end -}}

{{/*
The settings of the download as JSON, without what is empty.
Usage: {{ include "model-serving.fetchSettings" $track | fromJson }}
*/}}
{{- define "model-serving.fetchSettings" -}}
{{- with .values.model.uri -}}
{{- $settings := dict
  "URI" .location
  "SHA256" $.values.model.sha256
  "GOLDEN_URI" .goldenLocation
  "GOLDEN_SHA256" .goldenSha256
  "TARGET" "/mnt/model"
  "MAX_BYTES" (.maxBytes | int64 | toString)
  "TIMEOUT_SECONDS" (toString .timeoutSeconds)
  "S3_ENDPOINT" .s3Endpoint
  "S3_REGION" .s3Region
  "S3_ADDRESSING" .s3Addressing
  "S3_ANONYMOUS" (toString .s3Anonymous)
  "OCI_PLAIN_HTTP" (toString .ociPlainHttp)
  "OCI_AUTH_FILE" (empty .registrySecretName | ternary "" "/mnt/registry/config.json")
-}}
{{- range $name, $value := $settings -}}
{{- if not $value -}}
{{- $_ := unset $settings $name -}}
{{- end -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}
{{- end -}}

{{/*
The volumes of the download, as a list: the pod's own place for the model, and credentials.
Usage: {{ include "model-serving.fetchVolumes" $track }}
*/}}
{{- define "model-serving.fetchVolumes" -}}
{{- with .values.model.uri -}}
- name: model
  emptyDir:
    {{- /* More than the model may be: one that is too large must fail by the download's own message. */}}
    sizeLimit: {{ add (int64 .maxBytes) 67108864 }}
{{- with .registrySecretName }}
- name: registry
  secret:
    secretName: {{ . }}
    items:
      - key: .dockerconfigjson
        path: config.json
{{- end }}
{{- with .authorityConfigMapName }}
- name: authority
  configMap:
    name: {{ . }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end -}}
{{- end -}}
