{{- define "model-serving.problems.featurestore" -}}
{{- with .Values.featureStore }}
{{- if .enabled }}
{{- if not .url }}
- featureStore.url is empty: name the Feast feature server, for example featureStore.url=http://feast.features:6566
{{- else if and $.Values.networkPolicy.enabled (not $.Values.networkPolicy.egress) (not (include "model-serving.featureStoreEgress" $)) }}
- networkPolicy lets the pods reach nothing, and from featureStore.url ({{ .url }}) the chart cannot tell what to allow: allow the feature server in networkPolicy.egress
{{- end }}
{{- if not .entityKeys }}
- featureStore.entityKeys is empty: name the join keys that requests bring, and their types, for example featureStore.entityKeys.customer_id=integer
{{- end }}
{{- if and .features .featureService }}
- featureStore.features and featureStore.featureService are both set, but only one can be asked for: remove one of the two
{{- else if not (or .features .featureService) }}
- featureStore.features is empty: list the model's features, for example featureStore.features[0]=customer_stats:age, or name a featureStore.featureService
{{- end }}
{{- $names := list }}
{{- range .features }}
{{- $parts := splitList ":" . }}
{{- $name := $.Values.featureStore.fullFeatureNames | ternary (join "__" $parts) (last $parts) }}
{{- if has $name $names }}
- featureStore.features has {{ $name }} twice: remove one, or set featureStore.fullFeatureNames=true if they are of several views
{{- end }}
{{- $names = append $names $name }}
{{- end }}
{{- $wanting := list }}
{{- range list "onFailure" "onMissing" }}
{{- if eq (get $.Values.featureStore .) "defaults" }}
{{- $wanting = append $wanting (printf "featureStore.%s" .) }}
{{- end }}
{{- end }}
{{- if and .defaults (not $wanting) }}
- featureStore.defaults is set, but nothing uses it: set featureStore.onFailure=defaults or featureStore.onMissing=defaults, or remove it
{{- end }}
{{- if and $wanting (not .defaults) }}
- {{ $wanting | join " and " }} is defaults, but featureStore.defaults is empty: give every feature a value there
{{- else if and $wanting $names }}
{{- $given := keys .defaults }}
{{- range $names }}
{{- if not (has . $given) }}
- featureStore.defaults lacks {{ . }}: give every feature a value there
{{- end }}
{{- end }}
{{- range $given | sortAlpha }}
{{- if not (has . $names) }}
- featureStore.defaults.{{ . }} is none of featureStore.features: name it as there, or remove it
{{- end }}
{{- end }}
{{- end }}
{{- if and .auth.header (not .auth.existingSecret) }}
- featureStore.auth.header is set without featureStore.auth.existingSecret: name the Secret that holds what the header carries
{{- end }}
{{- $store := . }}
{{- $all := dict "root" $ }}
{{- include "model-serving.setTracks" $all }}
{{- range $all.tracks }}
{{- $key := eq .track "canary" | ternary "canary.server" "server" }}
{{- $most := .values.server.responseTimeout | default 20 }}
{{- if ge (float64 $store.timeoutSeconds) (float64 $most) }}
- featureStore.timeoutSeconds ({{ $store.timeoutSeconds }}) must be less than {{ $key }}.responseTimeout ({{ $most }}): lower it, or raise {{ $key }}.responseTimeout
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
