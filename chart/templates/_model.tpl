{{/*
Which model is served, by which image. Each helper takes a track, see _tracks.tpl.
*/}}

{{/*
The server's image.
Usage: {{ include "model-serving.image" $track }}
*/}}
{{- define "model-serving.image" -}}
{{- include "model-serving.imageReference" (dict "root" .root "image" .values.image) -}}
{{- end -}}

{{/*
A reference to an image. A digest alone decides: together with it a tag would only claim something
that nobody checks.
Usage: {{ include "model-serving.imageReference" (dict "root" $ "image" .Values.image) }}
*/}}
{{- define "model-serving.imageReference" -}}
{{- with .image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.root.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Usage: {{ include "model-serving.modelName" $track }}
*/}}
{{- define "model-serving.modelName" -}}
{{- .values.model.name | default (include "model-serving.fullname" .root) -}}
{{- end -}}

{{/*
Usage: {{ include "model-serving.modelVersion" $track }}
*/}}
{{- define "model-serving.modelVersion" -}}
{{- coalesce .values.model.version .values.image.tag .root.Chart.AppVersion -}}
{{- end -}}

{{/*
Where the server finds the model. A source that is mounted does not hide what the image holds, so
that golden requests of the one are never taken for those of the other.
Usage: {{ include "model-serving.modelPath" $track }}
*/}}
{{- define "model-serving.modelPath" -}}
{{- with .values.model -}}
{{- if .path -}}{{ .path }}
{{- else if eq .source "configMap" -}}/mnt/model{{ if not .configMap.files }}/{{ .configMap.key }}{{ end }}
{{- else if eq .source "persistentVolumeClaim" -}}/mnt/model{{ with .persistentVolumeClaim.file }}/{{ . }}{{ end }}
{{- else if eq .source "uri" -}}/mnt/model
{{- else -}}/model
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The volume of the model, as a list; empty if the image holds it.
Usage: {{ include "model-serving.modelVolume" $track }}
*/}}
{{- define "model-serving.modelVolume" -}}
{{- with .values.model -}}
{{- if eq .source "configMap" -}}
- name: model
  configMap:
    name: {{ .configMap.name }}
{{- else if eq .source "persistentVolumeClaim" -}}
- name: model
  persistentVolumeClaim:
    claimName: {{ include "model-serving.claimName" $ }}
    readOnly: true
{{- else if eq .source "uri" -}}
{{- include "model-serving.fetchVolumes" $ -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The mounts of that volume, as a list.
Usage: {{ include "model-serving.modelMounts" $track }}
*/}}
{{- define "model-serving.modelMounts" -}}
{{- with .values.model -}}
{{- if eq .source "configMap" -}}
{{- /* By subPath a running container keeps the file it has verified, whatever happens to the ConfigMap. One that is
       restarted gets the file as it is by then, and never starts if its sum is another: hence a new name for each model. */ -}}
{{- range $index, $file := .configMap.files | default (list (dict "path" .configMap.key "key" .configMap.key)) }}
{{- if $index }}
{{ end -}}
- name: model
  mountPath: {{ printf "/mnt/model/%s" .path | quote }}
  subPath: {{ .key | quote }}
  readOnly: true
{{- end }}
{{- with .configMap.goldenKey }}
- name: model
  mountPath: /mnt/model/golden.json
  subPath: {{ . }}
  readOnly: true
{{- end }}
{{- else if eq .source "persistentVolumeClaim" -}}
- name: model
  mountPath: /mnt/model
  {{- with .persistentVolumeClaim.subPath }}
  subPath: {{ . | quote }}
  {{- end }}
  readOnly: true
{{- else if eq .source "uri" -}}
- name: model
  mountPath: /mnt/model
  readOnly: true
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The claim that holds the model.
Usage: {{ include "model-serving.claimName" $track }}
*/}}
{{- define "model-serving.claimName" -}}
{{- .values.model.persistentVolumeClaim.existingClaim | default (printf "%s-model" (include "model-serving.fullname" .root)) -}}
{{- end -}}
