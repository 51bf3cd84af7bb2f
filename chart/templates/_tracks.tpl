{{/*
Tracks: the versions of the model that run under the release's name. There is always the stable one,
and a canary beside it if that is enabled. Whatever differs between tracks takes one:

  root    what templates know as $
  track   its name, also a label of its pods
  suffix  what its objects' names end with
  values  the values that hold for it
*/}}

{{/*
Sets "tracks" of the dict it gets, which holds the root.
Usage:
  {{- $all := dict "root" $ -}}
  {{- include "model-serving.setTracks" $all -}}
  {{- range $all.tracks }} ... {{ end }}
*/}}
{{- define "model-serving.setTracks" -}}
{{- $values := .root.Values -}}
{{- $tracks := list (dict "root" .root "track" "stable" "suffix" "" "values" $values) -}}
{{- with $values.canary -}}
{{- if .enabled -}}
{{- /* What names the stable image and model must not linger where the canary brings its own. */ -}}
{{- $image := $values.image -}}
{{- if or .image.tag .image.digest -}}
{{- $image = omit $image "tag" "digest" -}}
{{- end -}}
{{- $image = include "model-serving.overlay" (list $image .image) | fromJson -}}
{{- $model := include "model-serving.overlay" (list (omit $values.model "version" "sha256") .model) | fromJson -}}
{{- $server := include "model-serving.overlay" (list $values.server .server) | fromJson -}}
{{- $own := dict "image" $image "model" $model "server" $server "replicaCount" .replicaCount -}}
{{- $own = merge $own (omit $values "image" "model" "server" "replicaCount") -}}
{{- $tracks = append $tracks (dict "root" $.root "track" "canary" "suffix" "-canary" "values" $own) -}}
{{- end -}}
{{- end -}}
{{- /* Another server has one port. */ -}}
{{- range $tracks -}}
{{- if include "model-serving.isOwn" . -}}
{{- $server := merge (dict "managementPort" 0) (omit .values.server "managementPort") -}}
{{- $_ := set . "values" (merge (dict "server" $server) (omit .values "server")) -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "tracks" $tracks -}}
{{- end -}}

{{/*
Lays maps over one another as JSON, the last one winning. Unlike mergeOverwrite it also lets false
and empty texts win, and null, which takes away.
Usage: {{ include "model-serving.overlay" (list $below $above) | fromJson }}
*/}}
{{- define "model-serving.overlay" -}}
{{- $result := deepCopy (first .) -}}
{{- range $key, $value := last . -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $result $key)) -}}
{{- $value = include "model-serving.overlay" (list (get $result $key) $value) | fromJson -}}
{{- end -}}
{{- if kindIs "invalid" $value -}}{{- $_ := unset $result $key -}}
{{- else -}}{{- $_ := set $result $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $result -}}
{{- end -}}

{{/*
Whether an autoscaler owns the number of the stable pods; empty if not.
Usage: {{ if include "model-serving.autoscaled" $ }}
*/}}
{{- define "model-serving.autoscaled" -}}
{{- if or .Values.autoscaling.enabled .Values.keda.enabled -}}true{{- end -}}
{{- end -}}

{{/*
The fewest stable pods there are while nothing is wrong.
Usage: {{ include "model-serving.fewestPods" $ | int }}
*/}}
{{- define "model-serving.fewestPods" -}}
{{- with .Values -}}
{{- if .autoscaling.enabled -}}{{ .autoscaling.minReplicas }}
{{- else if .keda.enabled -}}{{ .keda.minReplicaCount }}
{{- else -}}{{ .replicaCount }}
{{- end -}}
{{- end -}}
{{- end -}}
