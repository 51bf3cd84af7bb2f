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
    - name: {{ $name }}
      value: {{ $value | quote }}
    {{- end }}
    {{- if .caConfigMapName }}
    - name: SSL_CERT_FILE
      value: /mnt/authority/ca.crt
    {{- end }}
  {{- with .existingSecret }}
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
    {{- if .caConfigMapName }}
    - name: authority
      mountPath: /mnt/authority
      readOnly: true
    {{- end }}
{{- end }}
{{- end -}}

{{/*
The settings of the download as JSON.
Usage: {{ include "model-serving.fetchSettings" $track | fromJson }}
*/}}
{{- define "model-serving.fetchSettings" -}}
{{- $settings := include "model-serving.environment" (list . "MODEL_FETCHER_") | fromJson -}}
{{- $_ := set $settings "MODEL_FETCHER_TARGET" "/mnt/model" -}}
{{- if .values.model.uri.registrySecretName -}}
{{- $_ := set $settings "MODEL_FETCHER_OCI_AUTH_FILE" "/mnt/registry/config.json" -}}
{{- end -}}
{{- toJson $settings -}}
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
{{- with .caConfigMapName }}
- name: authority
  configMap:
    name: {{ . }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end -}}
{{- end -}}
