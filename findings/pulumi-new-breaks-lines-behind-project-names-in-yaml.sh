#!/usr/bin/env bash
# What `pulumi new` makes of a template: the placeholder ${PROJECT} in its YAML files brings a line break along.
# Versions: github.com/pulumi/pulumi/sdk/v3 v3.245.0 (`workspace.CopyTemplateFiles`, which the command calls), Go 1.25 or later.
# Seen: `${PROJECT}:region: eu-west-1` in Pulumi.dev.yaml becomes the lines `demo` and `:region: eu-west-1`, in a file
#       named .txt it stays one line
#
# In YAML files the name is put in as a YAML document, which ends with a line break. Where the placeholder stands last in
# its line, as in `name: ${PROJECT}`, nobody sees it; in a configuration file, whose keys begin with the project's name,
# the stack cannot be read any more. A file whose name does not end in .yaml is left out of that.
# Fails if the copies are others than that.
set -euo pipefail

command -v go >/dev/null || {
  echo "needs Go 1.25 or later on PATH" >&2
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir template copy
printf 'config:\n  ${PROJECT}:region: eu-west-1\n' | tee template/Pulumi.dev.yaml >template/config.txt
printf 'name: ${PROJECT}\nruntime: yaml\n' >template/Pulumi.yaml

cat >main.go <<'GO'
package main

import "github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

func main() {
	if err := workspace.CopyTemplateFiles("template", "copy", false, "demo", ""); err != nil {
		panic(err)
	}
}
GO
export GOFLAGS=-mod=mod GOWORK=off
go mod init example.com/finding 2>go.log
go get github.com/pulumi/pulumi/sdk/v3@v3.245.0 2>go.log
go run . 2>go.log || { cat go.log >&2; exit 1; }

cat copy/Pulumi.dev.yaml
diff copy/Pulumi.dev.yaml <(printf 'config:\n  demo\n:region: eu-west-1\n')
diff copy/config.txt <(printf 'config:\n  demo:region: eu-west-1\n')
