{{/*
Host and port of a URL, as JSON.
Usage: {{ include "model-serving.address" "http://feast:6566" | fromJson }}
*/}}
{{- define "model-serving.address" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $host := $url.host | trimSuffix (printf ":%s" $port) | lower -}}
{{- dict "host" $host "port" ($port | default (eq $url.scheme "https" | ternary "443" "80") | int) | toJson -}}
{{- end -}}

{{/*
What the pods must reach to connect to a URL, as a rule of a network policy; empty if the address does not
tell. A Service is known by its name, but the port of its pods is not.
Usage: {{ include "model-serving.egressTo" (dict "root" $ "url" .Values.featureStore.url) }}
*/}}
{{- define "model-serving.egressTo" -}}
{{- $address := include "model-serving.address" .url | fromJson -}}
{{- if regexMatch "^[0-9]+(\\.[0-9]+){3}$" $address.host -}}
- to:
    - ipBlock:
        cidr: {{ $address.host }}/32
  ports:
    - port: {{ $address.port }}
      protocol: TCP
{{- else -}}
{{- with include "model-serving.serviceNamespace" (dict "root" .root "host" $address.host) -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ . }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The namespace of the Service that a host is; empty if it may be a host outside of the cluster as well. A host of
two parts is one if its last part is a top-level domain: all of two letters, and those that follow here.
Usage: {{ include "model-serving.serviceNamespace" (dict "root" $ "host" "feast.features") }}
*/}}
{{- define "model-serving.serviceNamespace" -}}
{{- $parts := splitList "." .host -}}
{{- $label := "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" -}}
{{- $domains := list
  "com" "org" "net" "edu" "gov" "mil" "int" "arpa" "info" "biz" "name" "pro" "mobi" "aero" "asia" "coop" "jobs"
  "museum" "tel" "travel" "post" "cat" "xxx" "xyz" "online" "site" "website" "web" "top" "shop" "store" "club" "tech"
  "app" "dev" "page" "cloud" "host" "hosting" "space" "live" "life" "world" "today" "news" "blog" "email" "mail"
  "group" "network" "systems" "solutions" "services" "service" "agency" "company" "digital" "media" "studio" "design"
  "global" "international" "software" "technology" "computer" "zone" "link" "click" "run" "work" "works" "build"
  "tools" "support" "academy" "institute" "education" "energy" "capital" "finance" "financial" "bank" "insurance"
  "health" "care" "science" "team" "social" "chat" "video" "games" "engineering" "consulting" "business" "ventures"
  "google" "amazon" "aws" "microsoft" "azure" "berlin" "london" "paris" "tokyo" "local" "localhost" "localdomain" "lan"
  "internal" "intranet" "private" "home" "corp" "test" "example" "invalid" "onion" "alt" -}}
{{- $isHost := regexMatch $label (first $parts) -}}
{{- if not $isHost -}}
{{- else if eq .host "localhost" -}}
{{- else if eq (len $parts) 1 -}}
{{- .root.Release.Namespace -}}
{{- else if not (regexMatch $label (index $parts 1)) -}}
{{- else if eq (len $parts) 2 -}}
{{- $last := index $parts 1 -}}
{{- if not (or (has $last $domains) (regexMatch "^([a-z]{2}|[0-9]+)$" $last)) -}}{{- $last -}}{{- end -}}
{{- else if eq (index $parts 2) "svc" -}}
{{- index $parts 1 -}}
{{- end -}}
{{- end -}}

{{/*
The DNS, as a rule of a network policy.
Usage: {{ include "model-serving.dnsEgress" $ }}
*/}}
{{- define "model-serving.dnsEgress" -}}
{{- with .Values.networkPolicy -}}
- to:
    {{- toYaml .dnsPeers | nindent 4 }}
  ports:
    {{- range .dnsPorts }}
    {{- $port := . }}
    {{- range list "UDP" "TCP" }}
    - port: {{ $port }}
      protocol: {{ . }}
    {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}
