{{/*
Those settings of the feature store that are no value by themselves, as JSON.
Usage: {{ include "model-serving.featureStoreSettings" $track | fromJson }}
*/}}
{{- define "model-serving.featureStoreSettings" -}}
{{- with .values.featureStore -}}
{{- $settings := dict -}}
{{- if and .enabled .caConfigMapName -}}
{{- $_ := set $settings "MODEL_SERVER_FEATURE_STORE_CA_FILE" "/mnt/feature-store/ca.crt" -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}
{{- end -}}

{{/*
The volume with the authorities to trust, as a list; empty if there is none.
Usage: {{ include "model-serving.featureStoreVolumes" $track }}
*/}}
{{- define "model-serving.featureStoreVolumes" -}}
{{- with .values.featureStore -}}
{{- if and .enabled .caConfigMapName -}}
- name: feature-store
  configMap:
    name: {{ .caConfigMapName }}
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
