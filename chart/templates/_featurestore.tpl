{{/*
The server's settings of the feature store, but for the secret, as JSON.
Usage: {{ include "model-serving.featureStoreSettings" $track | fromJson }}
*/}}
{{- define "model-serving.featureStoreSettings" -}}
{{- with .values.featureStore -}}
{{- $settings := dict -}}
{{- if .enabled -}}
{{- $settings = dict
  "URL" .url
  "ENTITY_KEYS" (toJson .entityKeys)
  "FEATURES" (empty .features | ternary "" (toJson .features))
  "FEATURE_SERVICE" .featureService
  "FULL_FEATURE_NAMES" (.fullFeatureNames | ternary "true" "")
  "MAX_AGE" (empty .maxAgeSeconds | ternary "" (toJson .maxAgeSeconds))
  "MAX_AGES" (empty .maxAgesSeconds | ternary "" (toJson .maxAgesSeconds))
  "TIMEOUT" (toString .timeoutSeconds)
  "AUTH_HEADER" .auth.header
  "CA_FILE" (empty .authorityConfigMapName | ternary "" "/mnt/feature-store/ca.crt")
  "ON_FAILURE" .onFailure
  "ON_MISSING" .onMissing
  "DEFAULTS" (empty .defaults | ternary "" (toJson .defaults))
  "MAX_CALLS" (toJson .maxCalls)
  "BREAKER_FAILURES" (toJson .breakerFailures)
  "BREAKER_PAUSE" (toJson .breakerPauseSeconds)
-}}
{{- end -}}
{{- $prefixed := dict -}}
{{- range $name, $value := $settings -}}
{{- if not (has $value (list "" "null")) -}}
{{- $_ := set $prefixed (printf "FEATURE_STORE_%s" $name) $value -}}
{{- end -}}
{{- end -}}
{{- toJson $prefixed -}}
{{- end -}}
{{- end -}}

{{/*
The volume with the authorities to trust, as a list; empty if there is none.
Usage: {{ include "model-serving.featureStoreVolumes" $track }}
*/}}
{{- define "model-serving.featureStoreVolumes" -}}
{{- with .values.featureStore -}}
{{- if and .enabled .authorityConfigMapName -}}
- name: feature-store
  configMap:
    name: {{ .authorityConfigMapName }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
What the pods must reach to ask the feature server, as a rule of a network policy; empty if the address
does not tell.
Usage: {{ include "model-serving.featureStoreEgress" $ }}
*/}}
{{- define "model-serving.featureStoreEgress" -}}
{{- with .Values.featureStore -}}
{{- if .enabled -}}
{{- include "model-serving.egressTo" (dict "root" $ "url" .url) -}}
{{- end -}}
{{- end -}}
{{- end -}}
