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
Host and port of the feature server, as JSON.
Usage: {{ include "model-serving.featureStoreAddress" $ | fromJson }}
*/}}
{{- define "model-serving.featureStoreAddress" -}}
{{- with .Values.featureStore -}}
{{- $url := urlParse .url -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $host := $url.host | trimSuffix (printf ":%s" $port) -}}
{{- dict "host" $host "port" ($port | default (eq $url.scheme "https" | ternary "443" "80") | int) | toJson -}}
{{- end -}}
{{- end -}}

{{/*
What the pods must reach to ask the feature server, as a rule of a network policy; empty if the address
does not tell. A Service is known by its name, but the port of its pods is not.
Usage: {{ include "model-serving.featureStoreEgress" $ }}
*/}}
{{- define "model-serving.featureStoreEgress" -}}
{{- if .Values.featureStore.enabled -}}
{{- $address := include "model-serving.featureStoreAddress" . | fromJson -}}
{{- $parts := splitList "." $address.host -}}
{{- if regexMatch "^[0-9]+(\\.[0-9]+){3}$" $address.host -}}
- to:
    - ipBlock:
        cidr: {{ $address.host }}/32
  ports:
    - port: {{ $address.port }}
      protocol: TCP
{{- else if and (not (hasPrefix "[" $address.host)) (or (le (len $parts) 2) (eq (index $parts 2) "svc")) -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ eq (len $parts) 1 | ternary .Release.Namespace (index $parts (min 1 (sub (len $parts) 1) | int)) }}
{{- end -}}
{{- end -}}
{{- end -}}
