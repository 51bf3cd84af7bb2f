{{/*
What a template of a further object cannot do. Go's template engine would stop at it with a message that names
neither the object nor the remedy, or leave out the text without a word.
*/}}
{{- define "model-serving.problems.extraobjects" -}}
{{- range $i, $object := .Values.extraObjects }}
{{- $which := printf "extraObjects[%d] (%s %s)" $i $object.kind $object.metadata.name }}
{{- $foreign := include "model-serving.foreignActions" (toYaml $object) | fromJsonArray }}
{{- range $foreign }}
- {{ $which }} is a template, which cannot know {{ .what }} in {{ .action }}: if that is meant for whoever reads the object, write {{ "{{" }} `{{ .action }}` {{ "}}" }}
{{- end }}
{{- $open := regexReplaceAll "(?s)\\{\\{.*?\\}\\}" (include "model-serving.withoutRawText" (toYaml $object)) "" }}
{{- if contains "{{" $open }}
- {{ $which }} is a template with {{ "{{" }} that no {{ "}}" }} ends: end it, or write {{ "{{" }} `{{ "{{" }}` {{ "}}" }} for the characters themselves
{{- else if not $foreign }}
{{- $error := tpl (toYaml $object) $ | fromYaml | dig "Error" "" }}
{{- if and (kindIs "string" $error) (hasPrefix "error " $error) }}
- {{ $which }} is no YAML once its template is rendered: {{ $error | replace "\n" " " }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
A template without the texts that it gives as they are, and without its comments.
*/}}
{{- define "model-serving.withoutRawText" -}}
{{- $text := regexReplaceAll "(?s)`[^`]*`" . "``" -}}
{{- $text = regexReplaceAll "(?s)\\{\\{-? */\\*.*?\\*/ *-?\\}\\}" $text "" -}}
{{- /* Also in plain quotes, as in {{ "{{" }}, braces are text. */ -}}
{{- regexReplaceAll "(\\{\\{[^{}\"]*(\"[^\"{}]*\"[^{}\"]*)*)\"[^\"{}]*(\\{\\{|\\}\\})[^\"]*\"" $text "${1}\"\"" -}}
{{- end -}}

{{/*
The actions of a template that are for another program, and what shows it, as JSON: variables that nothing sets,
words by themselves that are no function without arguments, functions of Prometheus, and values that are none
of Helm's.
Usage: {{ include "model-serving.foreignActions" "{{ $labels.pod }}" | fromJsonArray }}
*/}}
{{- define "model-serving.foreignActions" -}}
{{- $text := include "model-serving.withoutRawText" . -}}
{{- $found := list -}}
{{- $set := list -}}
{{- range regexFindAll "\\$\\w+(\\s*,\\s*\\$\\w+)?\\s*:=" $text -1 -}}
{{- $set = concat $set (regexFindAll "\\$\\w+" . -1) -}}
{{- end -}}
{{- /* Within these the dot is something else. */ -}}
{{- $dotMoves := regexMatch "\\{\\{-?\\s*(range|with|define|block)\\b" $text -}}
{{- $helms := list "Values" "Release" "Chart" "Capabilities" "Files" "Template" "Subcharts" -}}
{{- $words := list "end" "else" "break" "continue" "now" "uuidv4" "list" "dict" "tuple" "hello" "true" "false" "nil" -}}
{{- range regexFindAll "(?s)\\{\\{.*?\\}\\}" $text -1 -}}
{{- $action := regexReplaceAll "\\s+" . " " -}}
{{- $inner := regexReplaceAll "\"(\\\\.|[^\"\\\\])*\"" $action "\"\"" -}}
{{- $what := "" -}}
{{- range regexFindAll "\\$\\w+" $inner -1 -}}
{{- if not (or $what (has . $set)) -}}{{- $what = . -}}{{- end -}}
{{- end -}}
{{- $alone := regexFind "^\\{\\{-? *[A-Za-z_][-\\w.]* *-?\\}\\}$" $inner | trimPrefix "{{" | trimSuffix "}}" | trimAll "- " -}}
{{- if and $alone (not (has $alone $words)) -}}{{- $what = $what | default $alone -}}{{- end -}}
{{- $function := regexFind "(\\{\\{-?|[|(]|\\b(if|with|range)) *(query|first|value|label|strvalue|humanize\\w*|toTime|externalURL|pathPrefix|externalLabels|graphLink|tableLink|sortByLabel|stripPort|stripDomain|parseDuration|reReplaceAll|safeHtml)\\b" $inner | regexFind "\\w+$" -}}
{{- if and $function (ne $function "first") -}}{{- $what = $what | default $function -}}{{- end -}}
{{- if not $dotMoves -}}
{{- range regexFindAll "(^|[^\\w.)\\]$])\\.[A-Za-z_]\\w*" $inner -1 -}}
{{- $field := regexFind "\\w+$" . -}}
{{- if not (has $field $helms) -}}{{- $what = $what | default (printf ".%s" $field) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if $what -}}
{{- $found = append $found (dict "what" $what "action" $action) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
