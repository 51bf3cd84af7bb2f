// Package codegen holds the one type that the docker-build provider uses to describe its .NET SDK.
//
// The provider never generates an SDK at run time, and the module that normally defines this type
// is not served by the Go module proxy in the version the provider asks for.
package codegen

// CSharpPackageInfo names the NuGet properties of a generated SDK.
type CSharpPackageInfo struct {
	PackageReferences    map[string]string `json:"packageReferences,omitempty"`
	RespectSchemaVersion bool              `json:"respectSchemaVersion,omitempty"`
}
