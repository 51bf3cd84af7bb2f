// The official Kubernetes provider for Pulumi, started the way its own main package does.
//
// Its own main embeds two JSON files that its release process generates and that the published
// module therefore lacks. Here they are copied beside this file from the module before the build,
// the schema with its version filled in.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, terraformMapping)
}
