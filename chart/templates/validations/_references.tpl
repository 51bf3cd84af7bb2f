{{/*
What the values name and the namespace does not have. Pods would wait for it, saying so only in
their events, until the release runs out of time.

Told only where the cluster can be asked: `helm template`, a client's dry run and a preview of
Pulumi cannot, and see nothing at all.
*/}}
{{- define "model-serving.problems.references" -}}
{{- if .Values.validateReferences }}
{{- $all := dict "root" $ }}
{{- include "model-serving.setReferences" $all }}
{{- $told := dict }}
{{- range $all.references }}
{{- if and .name (not (hasKey $told (list .kind .name | toJson))) }}
{{- $found := lookup "v1" .kind $.Release.Namespace .name }}
{{- if $found }}
{{- $keys := concat (keys ($found.data | default dict)) (keys ($found.binaryData | default dict)) | sortAlpha }}
{{- range .keys }}
{{- if and .key (not (has .key $keys)) }}
- {{ .value }} needs the key {{ .key }} in the {{ $found.kind }} {{ $found.metadata.name }}, which has {{ $keys | join ", " | default "none" }}: {{ .remedy }}
{{- end }}
{{- end }}
{{- else if and (include "model-serving.clusterAnswers" $) (not (include "model-serving.isBrought" (list $ .name))) }}
{{- $_ := set $told (list .kind .name | toJson) true }}
- {{ .value }} is {{ .name }}, but the namespace {{ $.Release.Namespace }} has no such {{ .kind }}: create it, or name one of those that `kubectl get {{ lower .kind }} --namespace {{ $.Release.Namespace }}` lists
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
Sets "references" of the dict it gets, which holds the root: what must exist before the pods do.

  value  the path of the value that names it
  kind   of the core API
  name   may be empty
  keys   those that it must hold, with the value that says so and the remedy
*/}}
{{- define "model-serving.setReferences" -}}
{{- $references := list -}}
{{- range $i, $secret := .root.Values.imagePullSecrets -}}
{{- $references = append $references (dict "value" (printf "imagePullSecrets[%d].name" $i) "kind" "Secret" "name" $secret.name "keys" list) -}}
{{- end -}}
{{- range $i, $variable := .root.Values.env -}}
{{- range $field, $source := $variable.valueFrom | default dict -}}
{{- if has $field (list "secretKeyRef" "configMapKeyRef") -}}
{{- $path := printf "env[%d].valueFrom.%s" $i $field -}}
{{- $keys := list (dict "value" (printf "%s.key" $path) "key" $source.key "remedy" "name one of these, or add it") -}}
{{- $references = append $references (dict "value" (printf "%s.name" $path) "kind" (trimSuffix "KeyRef" $field | title) "name" ($source.optional | default false | ternary "" $source.name) "keys" $keys) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $i, $source := .root.Values.envFrom -}}
{{- range $field := list "secretRef" "configMapRef" -}}
{{- with get $source $field -}}
{{- $references = append $references (dict "value" (printf "envFrom[%d].%s.name" $i $field) "kind" (trimSuffix "Ref" $field | title) "name" (.optional | default false | ternary "" .name) "keys" list) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $i, $volume := .root.Values.volumes -}}
{{- range $field, $name := dict "secret" "secretName" "configMap" "name" "persistentVolumeClaim" "claimName" -}}
{{- with get $volume $field -}}
{{- $references = append $references (dict "value" (printf "volumes[%d].%s.%s" $i $field $name) "kind" (title $field) "name" (.optional | default false | ternary "" (get . $name)) "keys" list) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .root.Values.logForwarding -}}
{{- if .enabled -}}
{{- $keys := list -}}
{{- range $i, $output := .outputs -}}
{{- range $property, $value := $output -}}
{{- range include "model-serving.variables" $value | fromJsonArray -}}
{{- if not (hasKey (include "model-serving.logForwardingFields" $ | fromJson) .) -}}
{{- $keys = append $keys (dict "value" (printf "logForwarding.outputs[%d].%s" $i $property) "key" . "remedy" "add it, or name another") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $references = append $references (dict "value" "logForwarding.existingSecret" "kind" "Secret" "name" .existingSecret "keys" $keys) -}}
{{- $authority := "logForwarding.caConfigMapName" -}}
{{- $keys = list (dict "value" $authority "key" "ca.crt" "remedy" "make it with `kubectl create configmap NAME --from-file=ca.crt`") -}}
{{- $references = append $references (dict "value" $authority "kind" "ConfigMap" "name" .caConfigMapName "keys" $keys) -}}
{{- end -}}
{{- end -}}
{{- range $path, $group := dict "featureStore" .root.Values.featureStore "payloadLogging.sink" .root.Values.payloadLogging.sink -}}
{{- if get $.root.Values (splitList "." $path | first) | dig "enabled" false -}}
{{- $keys := list (dict "value" (printf "%s.auth.secretKey" $path) "key" $group.auth.secretKey "remedy" "name one of these, or add it") -}}
{{- $references = append $references (dict "value" (printf "%s.auth.existingSecret" $path) "kind" "Secret" "name" $group.auth.existingSecret "keys" $keys) -}}
{{- $authority := printf "%s.caConfigMapName" $path -}}
{{- $keys = list (dict "value" $authority "key" "ca.crt" "remedy" "make it with `kubectl create configmap NAME --from-file=ca.crt`") -}}
{{- $references = append $references (dict "value" $authority "kind" "ConfigMap" "name" $group.caConfigMapName "keys" $keys) -}}
{{- end -}}
{{- end -}}
{{- with .root.Values.golden.configMap -}}
{{- $keys := list (dict "value" "golden.configMap.key" "key" .key "remedy" "name one of these, or make the ConfigMap anew") -}}
{{- $references = append $references (dict "value" "golden.configMap.name" "kind" "ConfigMap" "name" .name "keys" $keys) -}}
{{- end -}}
{{- include "model-serving.setTracks" . -}}
{{- range .tracks -}}
{{- $path := eq .track "canary" | ternary "canary.model" "model" -}}
{{- with .values.model -}}
{{- if eq .source "configMap" -}}
{{- $configMap := .configMap -}}
{{- $keys := list -}}
{{- range $index, $file := .configMap.files -}}
{{- $keys = append $keys (dict "value" (printf "%s.configMap.files[%d].key" $path $index) "key" $file.key "remedy" "name one of these, or make the ConfigMap anew") -}}
{{- end -}}
{{- range $name := .configMap.files | empty | ternary (list "key" "goldenKey") (list "goldenKey") -}}
{{- $keys = append $keys (dict "value" (printf "%s.configMap.%s" $path $name) "key" (get $configMap $name) "remedy" "name one of these, or make the ConfigMap anew") -}}
{{- end -}}
{{- $references = append $references (dict "value" (printf "%s.configMap.name" $path) "kind" "ConfigMap" "name" .configMap.name "keys" $keys) -}}
{{- else if eq .source "persistentVolumeClaim" -}}
{{- $references = append $references (dict "value" (printf "%s.persistentVolumeClaim.existingClaim" $path) "kind" "PersistentVolumeClaim" "name" .persistentVolumeClaim.existingClaim "keys" list) -}}
{{- else if eq .source "uri" -}}
{{- $references = append $references (dict "value" (printf "%s.uri.existingSecret" $path) "kind" "Secret" "name" .uri.existingSecret "keys" list) -}}
{{- $registry := printf "%s.uri.registrySecretName" $path -}}
{{- $keys := list (dict "value" $registry "key" ".dockerconfigjson" "remedy" "make it with `kubectl create secret docker-registry`") -}}
{{- $references = append $references (dict "value" $registry "kind" "Secret" "name" .uri.registrySecretName "keys" $keys) -}}
{{- $authority := printf "%s.uri.caConfigMapName" $path -}}
{{- $keys := list (dict "value" $authority "key" "ca.crt" "remedy" "make it with `kubectl create configmap NAME --from-file=ca.crt`") -}}
{{- $references = append $references (dict "value" $authority "kind" "ConfigMap" "name" .uri.caConfigMapName "keys" $keys) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "references" $references -}}
{{- end -}}

{{/*
Whether lookups reach a cluster; empty if not, when they find nothing without an error. Every
namespace has this ConfigMap, and to ask for it takes no right that the model's own would not.
Usage: {{ if include "model-serving.clusterAnswers" $ }}
*/}}
{{- define "model-serving.clusterAnswers" -}}
{{- if lookup "v1" "ConfigMap" .Release.Namespace "kube-root-ca.crt" -}}true{{- end -}}
{{- end -}}

{{/*
Whether an object of that name may come with the release itself, as one of its further objects or
made from one of them, like the Secret of an ExternalSecret; empty if not.
Usage: {{ if include "model-serving.isBrought" (list $ "wine-models") }}
*/}}
{{- define "model-serving.isBrought" -}}
{{- $root := first . -}}
{{- $word := printf "(^|[^-.a-z0-9])%s($|[^-.a-z0-9])" (last . | regexQuoteMeta) -}}
{{- /* What no template can be is told by its own problem. */ -}}
{{- $areTemplates := include "model-serving.problems.extraobjects" $root | trim | empty -}}
{{- range $root.Values.extraObjects -}}
{{- $text := toYaml . -}}
{{- if $areTemplates -}}{{- $text = tpl $text $root -}}{{- end -}}
{{- if regexMatch $word $text -}}true{{- end -}}
{{- end -}}
{{- end -}}
