{{/*
Host and port of a URL, as JSON.
Usage: {{ include "model-serving.address" "http://feast:6566" | fromJson }}
*/}}
{{- define "model-serving.address" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $host := $url.host | trimSuffix (printf ":%s" $port) -}}
{{- dict "host" $host "port" ($port | default (eq $url.scheme "https" | ternary "443" "80") | int) | toJson -}}
{{- end -}}

{{/*
What the pods must reach to connect to a URL, as a rule of a network policy; empty if the address does not
tell. A Service is known by its name, but the port of its pods is not.
Usage: {{ include "model-serving.egressTo" (dict "root" $ "url" .Values.featureStore.url) }}
*/}}
{{- define "model-serving.egressTo" -}}
{{- $address := include "model-serving.address" .url | fromJson -}}
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
          kubernetes.io/metadata.name: {{ eq (len $parts) 1 | ternary .root.Release.Namespace (index $parts (min 1 (sub (len $parts) 1) | int)) }}
{{- end -}}
{{- end -}}
