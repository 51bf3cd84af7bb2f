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
{{- if eq .source "uri" }}
{{- if not .uri.location }}
- {{ $key }}.uri.location is empty: name where the model is, for example s3://models/wine/1.0.0/model.ubj
{{- end }}
{{- if and .uri.goldenSha256 (not .uri.goldenLocation) }}
- {{ $key }}.uri.goldenSha256 is set without {{ $key }}.uri.goldenLocation: say where the golden requests are, or remove the sum
{{- end }}
{{- $budget := add .uri.timeoutSeconds (include "model-serving.startBudget" $) }}
{{- if gt $budget (int64 $.Values.progressDeadlineSeconds) }}
- {{ $key }}.uri.timeoutSeconds ({{ .uri.timeoutSeconds }}) and probes.startup together allow {{ $budget }} s for the start, but progressDeadlineSeconds calls the rollout failed after {{ $.Values.progressDeadlineSeconds }} s: raise progressDeadlineSeconds or lower the others
{{- end }}
{{- if and $.Values.networkPolicy.enabled (not $.Values.networkPolicy.egress) }}
- networkPolicy lets the pods reach nothing, so they could not download the model from {{ $key }}.uri.location: allow it in networkPolicy.egress
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
