{{- define "model-serving.problems.canary" -}}
{{- with .Values.canary }}
{{- if .enabled }}
{{- if not (or .image .model .server) }}
- canary is enabled but differs in nothing from the stable model: set canary.image.tag, canary.model or canary.server
{{- end }}
{{- if not (or $.Values.ingress.enabled $.Values.httpRoute.enabled) }}
- canary is enabled but nothing could give it requests: set ingress.enabled=true or httpRoute.enabled=true
{{- end }}
{{- end }}
{{- if dig "persistentVolumeClaim" "create" dict .model }}
- canary.model.persistentVolumeClaim.create is set, but only the stable model can have a claim made: name one in canary.model.persistentVolumeClaim.existingClaim
{{- end }}
{{- end }}
{{- end -}}
