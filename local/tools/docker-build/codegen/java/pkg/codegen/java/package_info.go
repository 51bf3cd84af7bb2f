// Package java holds the one type that the docker-build provider uses to describe its Java SDK.
//
// The provider never generates an SDK at run time, and the module that normally defines this type
// is not served by the Go module proxy in the version the provider asks for.
package java

// PackageInfo names the Maven coordinates of a generated SDK.
type PackageInfo struct {
	BasePackage                     string            `json:"basePackage,omitempty"`
	BuildFiles                      string            `json:"buildFiles,omitempty"`
	Dependencies                    map[string]string `json:"dependencies,omitempty"`
	GradleNexusPublishPluginVersion string            `json:"gradleNexusPublishPluginVersion,omitempty"`
}
