{{- define "model-serving.problems.model" -}}
{{- $all := dict "root" $ -}}
{{- include "model-serving.setTracks" $all -}}
{{- range $all.tracks -}}
{{- $key := eq .track "canary" | ternary "canary.model" "model" -}}
{{- with .values.model }}
{{- if and (ne .source "image") (not .sha256) }}
- {{ $key }}.sha256 is not set, but with {{ $key }}.source={{ .source }} nothing else tells the pods of a new file: set it to what `sha256sum` says of the model file
{{- end }}
{{- if eq .source "configMap" }}
{{- if not .configMap.name }}
- {{ $key }}.configMap.name is empty: name the ConfigMap that holds the model, made for example by `kubectl create configmap NAME --from-file=model.ubj`
{{- end }}
{{- end }}
{{- if eq .source "persistentVolumeClaim" }}
{{- with .persistentVolumeClaim }}
{{- if and .existingClaim $.Values.model.persistentVolumeClaim.create.enabled (eq $key "model") }}
- model.persistentVolumeClaim names an existing claim ({{ .existingClaim }}) and has create.enabled: remove one of the two
{{- end }}
{{- if not (or .existingClaim $.Values.model.persistentVolumeClaim.create.enabled) }}
- {{ $key }}.persistentVolumeClaim.existingClaim is empty: name the claim that holds the model, or set model.persistentVolumeClaim.create.enabled=true
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
