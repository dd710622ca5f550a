{{- define "mesh-probe.labels" -}}
app.kubernetes.io/name: mesh-probe
{{- end }}

{{- define "mesh-probe.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
