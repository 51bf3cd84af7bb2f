{{/*
A server that is not this package's: what the chart does for it in place of what ours does by itself.
*/}}

{{/*
Whether the image of a track holds another server; empty if not.
Usage: {{ if include "model-serving.isOwn" $track }}
*/}}
{{- define "model-serving.isOwn" -}}
{{- if eq .values.server.kind "own" -}}true{{- end -}}
{{- end -}}

{{/*
The mounts of the model: an own server has it where it looks for it.
Usage: {{ include "model-serving.serverModelMounts" $track }}
*/}}
{{- define "model-serving.serverModelMounts" -}}
{{- $path := .values.server.modelPath -}}
{{- if not (and $path (include "model-serving.isOwn" .)) -}}
{{- include "model-serving.modelMounts" . -}}
{{- else -}}
{{- with .values.model -}}
{{- if and (eq .source "configMap") .configMap.files -}}
{{- range .configMap.files }}
- name: model
  mountPath: {{ printf "%s/%s" (trimSuffix "/" $path) .path }}
  subPath: {{ .key }}
  readOnly: true
{{- end }}
{{- else if ne .source "image" -}}
- name: model
  mountPath: {{ $path }}
  {{- with include "model-serving.modelSubPath" $ }}
  subPath: {{ . | quote }}
  {{- end }}
  readOnly: true
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The model in its volume; empty: the volume's root.
Usage: {{ include "model-serving.modelSubPath" $track }}
*/}}
{{- define "model-serving.modelSubPath" -}}
{{- with .values.model -}}
{{- if eq .source "configMap" -}}{{ .configMap.key }}
{{- else if eq .source "persistentVolumeClaim" -}}{{ list .persistentVolumeClaim.subPath .persistentVolumeClaim.file | compact | join "/" }}
{{- /* What the download calls it. */ -}}
{{- else if eq .source "uri" -}}model.bin
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
ConfigMap and key of an own server's golden requests, as JSON; empty if there are none.
Usage: {{ with include "model-serving.goldenConfigMap" $track | fromJson }}
*/}}
{{- define "model-serving.goldenConfigMap" -}}
{{- with .values -}}
{{- if .golden.configMap.name -}}
{{- dict "name" .golden.configMap.name "key" .golden.configMap.key | toJson -}}
{{- else if and (eq .model.source "configMap") .model.configMap.goldenKey -}}
{{- dict "name" .model.configMap.name "key" .model.configMap.goldenKey | toJson -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The volume of the golden requests, as a list; empty if there are none.
Usage: {{ include "model-serving.goldenVolume" $track }}
*/}}
{{- define "model-serving.goldenVolume" -}}
{{- with include "model-serving.goldenConfigMap" . -}}
{{- $configMap := fromJson . -}}
- name: golden
  configMap:
    name: {{ $configMap.name }}
    items:
      - key: {{ $configMap.key }}
        path: golden.json
{{- end -}}
{{- end -}}

{{/*
The mount of that volume, as a list; empty if there is none.
Usage: {{ include "model-serving.goldenMount" $track }}
*/}}
{{- define "model-serving.goldenMount" -}}
{{- if include "model-serving.goldenConfigMap" . -}}
- name: golden
  mountPath: /mnt/golden
  readOnly: true
{{- end -}}
{{- end -}}

{{/*
Further volumes of an own server, as a list; empty if there are none.
Usage: {{ include "model-serving.ownServerVolumes" $track }}
*/}}
{{- define "model-serving.ownServerVolumes" -}}
{{- if include "model-serving.isOwn" . -}}
{{- $volumes := list -}}
{{- range $i, $_ := .values.server.writableFolders -}}
{{- $volumes = append $volumes (dict "name" (printf "writable-%d" $i) "emptyDir" dict) -}}
{{- end -}}
{{- if include "model-serving.asksInRollout" . -}}
{{- $volumes = concat $volumes (include "model-serving.goldenVolume" . | fromYamlArray) -}}
{{- end -}}
{{- with $volumes -}}{{- toYaml . -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Their mounts.
Usage: {{ include "model-serving.ownServerMounts" $track }}
*/}}
{{- define "model-serving.ownServerMounts" -}}
{{- if include "model-serving.isOwn" . -}}
{{- $mounts := list -}}
{{- range $i, $folder := .values.server.writableFolders -}}
{{- $mounts = append $mounts (dict "name" (printf "writable-%d" $i) "mountPath" $folder) -}}
{{- end -}}
{{- if include "model-serving.asksInRollout" . -}}
{{- $mounts = concat $mounts (include "model-serving.goldenMount" . | fromYamlArray) -}}
{{- end -}}
{{- with $mounts -}}{{- toYaml . -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Whether the golden requests decide about the rollout; empty if not.
*/}}
{{- define "model-serving.asksInRollout" -}}
{{- if and (include "model-serving.isOwn" .) .values.golden.inRollout (include "model-serving.goldenConfigMap" .) -}}true{{- end -}}
{{- end -}}

{{/*
The settings of the startup probe, as JSON. Of an own server it may send the golden requests: a pod that answers
otherwise never gets a request of anybody else.
Usage: {{ include "model-serving.startupSettings" $track | fromJson }}
*/}}
{{- define "model-serving.startupSettings" -}}
{{- $settings := deepCopy .values.probes.startup -}}
{{- if include "model-serving.asksInRollout" . -}}
{{- $url := printf "http://127.0.0.1:%d" (int .values.server.port) -}}
{{- $command := include "model-serving.askGolden" (dict "track" . "url" $url "python" "python3" "waits" false) | fromJsonArray -}}
{{- $_ := set $settings "exec" (dict "command" $command) -}}
{{- $_ := set $settings "timeoutSeconds" (add 5 .values.golden.timeoutSeconds) -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}

{{/*
The command that sends the golden requests, as JSON.
Usage: {{ include "model-serving.askGolden" (dict "track" $track "url" "http://wine" "python" "python3" "waits" true) | fromJsonArray }}
*/}}
{{- define "model-serving.askGolden" -}}
{{- $track := .track -}}
{{- $script := $track.root.Files.Get "files/ask_own_server.py" -}}
{{- with $track.values -}}
{{- $hasGolden := include "model-serving.goldenConfigMap" $track | empty | not -}}
{{- $question := dict "url" $.url "path" .golden.path "body" .golden.body "answer" .golden.answer "seconds" ($.waits | ternary (max .test.timeoutSeconds .golden.timeoutSeconds) .golden.timeoutSeconds) "waits" $.waits "golden" ($hasGolden | ternary "/mnt/golden/golden.json" "") "health" .server.healthPath -}}
{{- list $.python "-c" $script (toJson $question) | toJson -}}
{{- end -}}
{{- end -}}

{{/*
The image of what asks and verifies an own server: its own, unless that has no Python.
Usage: {{ include "model-serving.testImage" $track | fromJson }}
*/}}
{{- define "model-serving.testImage" -}}
{{- $image := .values.image -}}
{{- with .values.test.image -}}
{{- if or .tag .digest .repository -}}{{- $image = omit $image "tag" "digest" -}}{{- end -}}
{{- $image = include "model-serving.overlay" (list $image .) | fromJson -}}
{{- end -}}
{{- toJson $image -}}
{{- end -}}

{{/*
Usage: {{ include "model-serving.testPython" $track }}
*/}}
{{- define "model-serving.testPython" -}}
{{- .values.test.python | default (include "model-serving.isOwn" . | empty | ternary "/opt/venv/bin/python3" "python3") -}}
{{- end -}}

{{/*
The container that compares the sha256 of a mounted model before an own server, which does not do so, starts. What is downloaded is
compared then.
Usage: {{ include "model-serving.verifyContainer" $track }}
*/}}
{{- define "model-serving.verifyContainer" -}}
{{- if and (include "model-serving.isOwn" .) (has .values.model.source (list "configMap" "persistentVolumeClaim")) -}}
{{- $image := include "model-serving.testImage" . | fromJson -}}
- name: verify-model
  image: {{ include "model-serving.imageReference" (dict "root" .root "image" $image) | quote }}
  imagePullPolicy: {{ $image.pullPolicy }}
  command:
    - {{ include "model-serving.testPython" . }}
    - -c
    - |
      {{- .root.Files.Get "files/verify_model.py" | nindent 6 }}
    - {{ .values.server.modelPath | default (include "model-serving.modelPath" .) | quote }}
    - {{ .values.model.sha256 | quote }}
  resources:
    requests:
      cpu: 50m
      memory: 64Mi
    limits:
      cpu: 500m
      memory: 128Mi
  securityContext:
    {{- toYaml .values.securityContext | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    {{- include "model-serving.serverModelMounts" . | trim | nindent 4 }}
{{- end -}}
{{- end -}}

{{/*
The container of `helm test`.
Usage: {{ include "model-serving.ownTestContainer" $track }}
*/}}
{{- define "model-serving.ownTestContainer" -}}
{{- $image := include "model-serving.testImage" . | fromJson -}}
{{- $url := printf "http://%s%s:%d" (include "model-serving.fullname" .root) .suffix (int .values.service.port) -}}
- name: test
  image: {{ include "model-serving.imageReference" (dict "root" .root "image" $image) | quote }}
  imagePullPolicy: {{ $image.pullPolicy }}
  command:
    {{- include "model-serving.askGolden" (dict "track" . "url" $url "python" (include "model-serving.testPython" .) "waits" true) | fromJsonArray | toYaml | nindent 4 }}
  resources:
    requests:
      cpu: 50m
      memory: 64Mi
    limits:
      cpu: 500m
      memory: 128Mi
  securityContext:
    {{- toYaml .values.securityContext | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  {{- with include "model-serving.goldenMount" . }}
  volumeMounts:
    {{- . | nindent 4 }}
  {{- end }}
{{- end -}}
