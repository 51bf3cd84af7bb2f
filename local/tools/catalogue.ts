/**
 * The official tools the project runs with, each in one pinned version.
 *
 * Every group is a folder beside this file with a go.mod (and go.sum) of its own, because the
 * tools' dependency versions clash. The versions below are checked against those files by the tests.
 */

import { SemVer } from "semver";

export interface Binary {
  /** Set if it is a script that lies in the group's folder, and `package` is its name there. */
  isScript?: true;
  /** Go package of its main function. */
  package: string;
  /** What others call its file, where several versions of it are here under names of their own. */
  file?: string;
  /** Arguments that make it print its version, and which versions found on PATH are good enough. */
  onPath?: { args: string[]; accepts: string };
}

/** Where the vendor publishes ready-built binaries. `{os}` and `{arch}` are Go's names for them. */
export interface VendorDownload {
  /** One address for all, or `{binary}` in it for one file per binary. */
  url: string;
  /** Address of a file that holds the download's sha256 as its first word, where one is published. */
  checksumUrl?: string;
  /** What the address serves: an executable, or a tar.gz with the executables somewhere inside. */
  kind: "executable" | "tar.gz";
  /** Processor names where the vendor's differ from Go's. */
  architectures?: Record<string, string>;
}

export interface ToolGroup {
  /** Name of its folder here. */
  name: string;
  /** Folder of another group by whose go.mod it is built: what both need is compiled once. */
  modules?: string;
  /** Go module and version that decide what is built. */
  module: string;
  version: string;
  binaries: Record<string, Binary>;
  /** `-X` settings by which the official builds carry their version. */
  linkVariables?: Record<string, string>;
  /** Set if it is built with a C compiler, and linked statically: Debian's packages for that. */
  cgo?: readonly string[];
  /** Build tags. */
  tags?: string[];
  /** Packages compiled without optimisation: generated code that runs seldom and compiles slowly. */
  unoptimised?: string;
  /** Files that its main package embeds, made from files of the module. */
  embedded?: { from: string; to: string; set?: Record<string, string> }[];
  vendor?: VendorDownload;
  /** Set if it is a Pulumi plugin: kept in Pulumi's plugin folder, fetched by Pulumi itself. */
  pulumiPlugin?: { name: string; version: string; binary: string };
  /** Set if it is installed only when it is asked for by name. */
  onlyByName?: true;
  /** Time a build from cold caches takes on 2 cores, in words. */
  buildTime: string;
}

const KUBERNETES_BINARIES = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-proxy",
  "kube-scheduler",
  "kubeadm",
  "kubelet",
] as const;

/** The cluster's own programs in one version of Kubernetes. */
function kubernetes(name: string, version: string): ToolGroup {
  const { major, minor } = new SemVer(version);
  const accepts = `~${major}.${minor}.0`;
  const url = `https://dl.k8s.io/${version}/bin/{os}/{arch}/{binary}`;
  return {
    name,
    module: "k8s.io/kubernetes",
    version,
    binaries: {
      kubectl: {
        package: "k8s.io/kubernetes/cmd/kubectl",
        // Kubernetes supports clients one minor version around the server's.
        onPath: {
          args: ["version", "--client"],
          accepts: `>=${major}.${minor - 1}.0 <${major}.${minor + 2}.0`,
        },
      },
      ...Object.fromEntries(
        KUBERNETES_BINARIES.map((binary) => [
          binary,
          {
            package: `k8s.io/kubernetes/cmd/${binary}`,
            onPath:
              binary === "kubeadm"
                ? { args: ["version", "--output=short"], accepts }
                : { args: ["--version"], accepts },
          },
        ]),
      ),
    },
    linkVariables: { "k8s.io/component-base/version.gitVersion": version },
    vendor: { url, checksumUrl: `${url}.sha256`, kind: "executable" },
    buildTime: "6 minutes",
  };
}

/** What Helm's official builds say of themselves, and where they are. */
function helmBuild(version: string): Pick<ToolGroup, "linkVariables" | "vendor"> {
  const { major } = new SemVer(version);
  const url = `https://get.helm.sh/helm-${version}-{os}-{arch}.tar.gz`;
  return {
    linkVariables: {
      [`helm.sh/helm/v${major}/internal/version.version`]: version,
      // The Kubernetes that it takes for granted where it has none to ask: that of its own libraries, which
      // Helm 4 finds by itself.
      ...(major === 3 ? HELM_3_KUBERNETES : {}),
    },
    vendor: { url, checksumUrl: `${url}.sha256sum`, kind: "tar.gz" },
  };
}

const HELM_3_KUBERNETES = Object.fromEntries(
  ["chartutil", "lint/rules"].flatMap((name) => [
    [`helm.sh/helm/v3/pkg/${name}.k8sVersionMajor`, "1"],
    [`helm.sh/helm/v3/pkg/${name}.k8sVersionMinor`, "33"],
  ]),
);

export const TOOL_GROUPS: readonly ToolGroup[] = [
  // Its go.mod is also that of what else belongs to a cluster, so that what they share is compiled once.
  kubernetes("kubernetes", "v1.37.2"),
  { ...kubernetes("kubernetes-oldest", "v1.34.9"), onlyByName: true },
  {
    name: "etcd",
    module: "go.etcd.io/etcd/server/v3",
    version: "v3.7.3",
    modules: "kubernetes",
    binaries: {
      etcd: {
        package: "go.etcd.io/etcd/server/v3",
        onPath: { args: ["--version"], accepts: ">=3.6.0 <4" },
      },
    },
    buildTime: "1 minute after Kubernetes",
  },
  {
    name: "containerd",
    module: "github.com/containerd/containerd/v2",
    version: "v2.4.2",
    modules: "kubernetes",
    binaries: {
      containerd: {
        package: "github.com/containerd/containerd/v2/cmd/containerd",
        onPath: { args: ["--version"], accepts: ">=2.1.0 <3" },
      },
      "containerd-shim-runc-v2": {
        package: "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
        onPath: { args: ["-v"], accepts: ">=2.1.0 <3" },
      },
    },
    linkVariables: { "github.com/containerd/containerd/v2/version.Version": "v2.4.2" },
    buildTime: "1 minute after Kubernetes",
  },
  {
    name: "runc",
    module: "github.com/opencontainers/runc",
    version: "v1.5.3",
    modules: "kubernetes",
    binaries: {
      runc: {
        package: "github.com/opencontainers/runc",
        onPath: { args: ["--version"], accepts: ">=1.3.0" },
      },
    },
    // It enters namespaces in C, before Go starts its threads. Without seccomp it starts no pod.
    cgo: ["gcc", "libc6-dev", "libseccomp-dev", "pkg-config"],
    tags: ["seccomp", "netgo", "osusergo"],
    buildTime: "30 seconds after Kubernetes",
  },
  {
    name: "cni-plugins",
    module: "github.com/containernetworking/plugins",
    version: "v1.10.0",
    modules: "kubernetes",
    binaries: Object.fromEntries(
      ["main/bridge", "main/loopback", "ipam/host-local", "meta/portmap"].map((plugin) => [
        plugin.split("/")[1],
        { package: `github.com/containernetworking/plugins/plugins/${plugin}` },
      ]),
    ),
    buildTime: "30 seconds after Kubernetes",
  },
  {
    name: "pulumi",
    module: "github.com/pulumi/pulumi/pkg/v3",
    version: "v3.245.0",
    binaries: {
      pulumi: {
        package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        onPath: { args: ["version"], accepts: ">=3.200.0 <4" },
      },
    },
    linkVariables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "3.245.0" },
    vendor: {
      url: "https://get.pulumi.com/releases/sdk/pulumi-v3.245.0-{os}-{arch}.tar.gz",
      kind: "tar.gz",
      architectures: { amd64: "x64" },
    },
    buildTime: "5 minutes",
  },
  {
    name: "pulumi-language-nodejs",
    module: "github.com/pulumi/pulumi/sdk/nodejs/cmd/pulumi-language-nodejs/v3",
    version: "v3.0.0-20250806165243-bee5e4fa4815",
    binaries: {
      "pulumi-language-nodejs": {
        package: "github.com/pulumi/pulumi/sdk/nodejs/cmd/pulumi-language-nodejs/v3",
        // It has no version of its own to print: whatever came with a Pulumi on PATH fits that Pulumi.
        onPath: { args: ["-help"], accepts: "*" },
      },
    },
    vendor: {
      url: "https://get.pulumi.com/releases/sdk/pulumi-v3.245.0-{os}-{arch}.tar.gz",
      kind: "tar.gz",
      architectures: { amd64: "x64" },
    },
    buildTime: "1 minute",
  },
  {
    // The language hosts of programs that `make test-languages` runs, and nothing else. Those of Python and Go
    // have the modules of the one for Node.js: after it there is little left to compile.
    name: "pulumi-language-python",
    module: "github.com/pulumi/pulumi/sdk/python/cmd/pulumi-language-python/v3",
    version: "v3.0.0-20250806165243-bee5e4fa4815",
    binaries: {
      "pulumi-language-python": {
        package: "github.com/pulumi/pulumi/sdk/python/cmd/pulumi-language-python/v3",
        onPath: { args: ["-help"], accepts: "*" },
      },
      "pulumi-language-python-exec": {
        package: "pulumi-language-python-exec",
        isScript: true,
        onPath: { args: ["--help"], accepts: "*" },
      },
    },
    vendor: {
      url: "https://get.pulumi.com/releases/sdk/pulumi-v3.245.0-{os}-{arch}.tar.gz",
      kind: "tar.gz",
      architectures: { amd64: "x64" },
    },
    onlyByName: true,
    buildTime: "10 seconds",
  },
  {
    name: "pulumi-language-go",
    module: "github.com/pulumi/pulumi/sdk/go/pulumi-language-go/v3",
    version: "v3.0.0-20250806165243-bee5e4fa4815",
    binaries: {
      "pulumi-language-go": {
        package: "github.com/pulumi/pulumi/sdk/go/pulumi-language-go/v3",
        onPath: { args: ["-help"], accepts: "*" },
      },
    },
    vendor: {
      url: "https://get.pulumi.com/releases/sdk/pulumi-v3.245.0-{os}-{arch}.tar.gz",
      kind: "tar.gz",
      architectures: { amd64: "x64" },
    },
    onlyByName: true,
    buildTime: "20 seconds",
  },
  {
    name: "pulumi-language-yaml",
    module: "github.com/pulumi/pulumi-yaml",
    version: "v1.32.0",
    binaries: {
      "pulumi-language-yaml": {
        package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        onPath: { args: ["-help"], accepts: "*" },
      },
    },
    vendor: {
      url: "https://get.pulumi.com/releases/sdk/pulumi-v3.245.0-{os}-{arch}.tar.gz",
      kind: "tar.gz",
      architectures: { amd64: "x64" },
    },
    onlyByName: true,
    buildTime: "1 minute",
  },
  {
    name: "pulumi-kubernetes",
    module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    // The commit of release v4.25.0, whose tag the module proxy does not serve.
    version: "v4.0.0-20260115033456-f47bc2d6f199",
    binaries: { "pulumi-resource-kubernetes": { package: "." } },
    linkVariables: {
      "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": "v4.25.0",
    },
    unoptimised: "github.com/pulumi/pulumi-kubernetes/sdk/v4/...",
    embedded: [
      {
        from: "cmd/pulumi-resource-kubernetes/schema.json",
        to: "schema.json",
        set: { version: "4.25.0" },
      },
      {
        from: "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
        to: "terraform-mapping.json",
      },
    ],
    pulumiPlugin: { name: "kubernetes", version: "v4.25.0", binary: "pulumi-resource-kubernetes" },
    buildTime: "8 minutes",
  },
  {
    // In the version that the provider embeds, and by a go.mod with the provider's modules: after it there
    // is next to nothing left to compile.
    name: "helm",
    module: "helm.sh/helm/v3",
    version: "v3.18.6",
    binaries: {
      helm: {
        package: "helm.sh/helm/v3/cmd/helm",
        onPath: { args: ["version", "--short"], accepts: ">=3.14.0 <5" },
      },
    },
    ...helmBuild("v3.18.6"),
    buildTime: "10 seconds after the provider, else 3 minutes",
  },
  {
    // The same under a name that says which, for the tests: `helm` may be somebody's Helm 4.
    name: "helm3",
    module: "helm.sh/helm/v3",
    version: "v3.18.6",
    modules: "helm",
    binaries: {
      helm3: {
        package: "helm.sh/helm/v3/cmd/helm",
        file: "helm",
        onPath: { args: ["version", "--short"], accepts: ">=3.14.0 <4" },
      },
    },
    ...helmBuild("v3.18.6"),
    buildTime: "10 seconds after helm",
  },
  {
    name: "helm4",
    module: "helm.sh/helm/v4",
    version: "v4.3.2",
    modules: "kubernetes",
    binaries: {
      helm4: {
        package: "helm.sh/helm/v4/cmd/helm",
        file: "helm",
        onPath: { args: ["version", "--short"], accepts: ">=4.0.0 <5" },
      },
    },
    ...helmBuild("v4.3.2"),
    buildTime: "1 minute after Kubernetes",
  },
  {
    name: "docker-build",
    module: "github.com/pulumi/pulumi-docker-build",
    version: "v0.0.22",
    binaries: {
      "pulumi-resource-docker-build": {
        package: "github.com/pulumi/pulumi-docker-build/provider/cmd/pulumi-resource-docker-build",
      },
      buildkitd: {
        package: "github.com/moby/buildkit/cmd/buildkitd",
        onPath: { args: ["--version"], accepts: ">=0.13.0" },
      },
      buildx: {
        package: "github.com/docker/buildx/cmd/buildx",
        onPath: { args: ["version"], accepts: ">=0.13.0" },
      },
    },
    linkVariables: {
      "github.com/pulumi/pulumi-docker-build/provider.Version": "0.0.22",
      "github.com/moby/buildkit/version.Version": "v0.31.0",
      "github.com/docker/buildx/version.Version": "v0.35.0",
    },
    pulumiPlugin: {
      name: "docker-build",
      version: "v0.0.22",
      binary: "pulumi-resource-docker-build",
    },
    buildTime: "2 minutes",
  },
  {
    name: "coredns",
    module: "github.com/coredns/coredns",
    version: "v1.14.7",
    modules: "kubernetes",
    binaries: {
      coredns: {
        package: "github.com/coredns/coredns",
        onPath: { args: ["-version"], accepts: ">=1.11.0" },
      },
    },
    buildTime: "1 minute after Kubernetes",
  },
  {
    name: "skipper",
    module: "github.com/zalando/skipper",
    version: "v0.22.0",
    // Its own main with retries, see there: one found on PATH would lack them.
    binaries: { skipper: { package: "." } },
    linkVariables: { "main.version": "v0.22.0" },
    buildTime: "1 minute",
  },
  {
    name: "metrics-server",
    module: "sigs.k8s.io/metrics-server",
    version: "v0.9.0",
    modules: "kubernetes",
    binaries: {
      "metrics-server": {
        package: "sigs.k8s.io/metrics-server/cmd/metrics-server",
        onPath: { args: ["--version"], accepts: ">=0.8.0" },
      },
    },
    linkVariables: { "k8s.io/component-base/version.gitVersion": "v0.9.0" },
    buildTime: "30 seconds after Kubernetes",
  },
  {
    name: "kubeconform",
    module: "github.com/yannh/kubeconform",
    version: "v0.8.0",
    binaries: {
      kubeconform: {
        package: "github.com/yannh/kubeconform/cmd/kubeconform",
        onPath: { args: ["-v"], accepts: ">=0.6.0" },
      },
    },
    linkVariables: { "main.version": "v0.8.0" },
    buildTime: "10 seconds",
  },
  {
    name: "kube-score",
    module: "github.com/zegl/kube-score",
    version: "v1.20.0",
    binaries: {
      "kube-score": {
        package: "github.com/zegl/kube-score/cmd/kube-score",
        onPath: { args: ["version"], accepts: ">=1.18.0" },
      },
    },
    linkVariables: { "main.version": "v1.20.0" },
    buildTime: "30 seconds",
  },
  {
    // Checks the workflows of this repository.
    name: "actionlint",
    module: "github.com/rhysd/actionlint",
    version: "v1.7.12",
    binaries: {
      actionlint: {
        package: "github.com/rhysd/actionlint/cmd/actionlint",
        onPath: { args: ["-version"], accepts: ">=1.7.0" },
      },
    },
    linkVariables: { "github.com/rhysd/actionlint.version": "1.7.12" },
    buildTime: "20 seconds",
  },
  {
    // Debian's Prometheus is built without the discovery of pods.
    name: "prometheus",
    module: "github.com/prometheus/prometheus",
    version: "v0.316.0",
    binaries: {
      prometheus: {
        package: "github.com/prometheus/prometheus/cmd/prometheus",
        onPath: { args: ["--version"], accepts: ">=3.0.0" },
      },
    },
    linkVariables: { "github.com/prometheus/common/version.Version": "3.16.0" },
    tags: ["remove_all_sd", "enable_kubernetes_sd"],
    buildTime: "4 minutes",
  },
  {
    name: "prometheus-operator",
    module: "github.com/prometheus-operator/prometheus-operator",
    version: "v0.85.0",
    binaries: {
      "prometheus-operator": {
        package: "github.com/prometheus-operator/prometheus-operator/cmd/operator",
      },
    },
    buildTime: "2 minutes",
  },
  {
    // The S3 server that the tests of the model fetcher talk to.
    name: "versitygw",
    module: "github.com/versity/versitygw",
    version: "v1.8.0",
    binaries: {
      versitygw: {
        package: "github.com/versity/versitygw/cmd/versitygw",
        onPath: { args: ["--version"], accepts: ">=1.0.0" },
      },
    },
    linkVariables: { "main.Version": "v1.8.0" },
    buildTime: "2 minutes",
  },
  {
    // What `make test-object-stores` asks in the place of Google Cloud Storage.
    name: "fake-gcs-server",
    module: "github.com/fsouza/fake-gcs-server",
    version: "v1.56.1",
    binaries: { "fake-gcs-server": { package: "github.com/fsouza/fake-gcs-server" } },
    onlyByName: true,
    buildTime: "3 minutes",
  },
  {
    // The Gateway API controller that `make test-gateway` sends requests through.
    name: "traefik",
    module: "github.com/traefik/traefik/v3",
    version: "v3.6.12",
    binaries: {
      traefik: {
        package: "github.com/traefik/traefik/v3/cmd/traefik",
        onPath: { args: ["version"], accepts: ">=3.1.0 <4" },
      },
    },
    linkVariables: { "github.com/traefik/traefik/v3/pkg/version.Version": "3.6.12" },
    onlyByName: true,
    buildTime: "5 minutes",
  },
  {
    // What makes network policies hold while `make test-network-policy` runs, and nothing else.
    name: "kube-router",
    module: "github.com/cloudnativelabs/kube-router/v2",
    version: "v2.1.0",
    binaries: {
      "kube-router": {
        package: "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",
        onPath: { args: ["--version"], accepts: ">=2.1.0 <3" },
      },
    },
    linkVariables: { "github.com/cloudnativelabs/kube-router/v2/pkg/version.Version": "v2.1.0" },
    onlyByName: true,
    buildTime: "2 minutes",
  },
  {
    // What counts the pods while `make test-keda` runs.
    name: "keda",
    module: "github.com/kedacore/keda/v2",
    // The version whose custom resources the chart knows.
    version: "v2.20.2",
    binaries: {
      "keda-operator": { package: "github.com/kedacore/keda/v2/cmd/operator" },
      "keda-adapter": { package: "github.com/kedacore/keda/v2/cmd/adapter" },
    },
    linkVariables: { "github.com/kedacore/keda/v2/version.Version": "2.20.2" },
    onlyByName: true,
    buildTime: "10 minutes",
  },
];
