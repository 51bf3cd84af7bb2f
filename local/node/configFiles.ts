/** Configuration files of the node's processes. */
import * as path from "node:path";
import { stringify } from "yaml";
import {
  address,
  BRIDGE,
  BUILDKIT_SOCKET,
  CLUSTER_DOMAIN,
  CONFIG_DIR,
  CONTAINERD_SOCKET,
  DATA_DIR,
  KUBECONFIG,
  LOG_DIR,
  NODE_IP,
  NODE_NAME,
  PAUSE_IMAGE,
  PKI_DIR,
  POD_CIDR,
  PORTS,
  REGISTRY,
  RUN_DIR,
  SERVICE_CIDR,
  STATE_DIR,
  SUPERVISOR_SOCKET,
} from "../settings";
import { CONTAINER_RUNTIME_ENDPOINT, SERVICES, type Service } from "./services";

const registry = {
  version: "0.1",
  log: { level: "warn", accesslog: { disabled: true } },
  storage: {
    filesystem: { rootdirectory: path.join(DATA_DIR, "registry") },
    delete: { enabled: true },
  },
  http: { addr: address("registry") },
};

const kubeadm = (kubernetesVersion: string) => [
  {
    apiVersion: "kubeadm.k8s.io/v1beta4",
    kind: "InitConfiguration",
    localAPIEndpoint: { advertiseAddress: NODE_IP, bindPort: PORTS.apiServer.port },
    nodeRegistration: { name: NODE_NAME, criSocket: CONTAINER_RUNTIME_ENDPOINT },
  },
  {
    apiVersion: "kubeadm.k8s.io/v1beta4",
    kind: "ClusterConfiguration",
    // Named so that kubeadm does not ask the network which version is the newest.
    kubernetesVersion,
    certificatesDir: PKI_DIR,
    networking: {
      podSubnet: POD_CIDR,
      serviceSubnet: SERVICE_CIDR,
      dnsDomain: CLUSTER_DOMAIN,
    },
    apiServer: { certSANs: ["localhost", "127.0.0.1"] },
  },
];

const kubelet = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  address: NODE_IP,
  port: PORTS.kubelet.port,
  healthzBindAddress: PORTS.kubeletHealth.host,
  healthzPort: PORTS.kubeletHealth.port,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: path.join(PKI_DIR, "ca.crt") },
  },
  authorization: { mode: "Webhook" },
  clusterDNS: [NODE_IP],
  clusterDomain: CLUSTER_DOMAIN,
  containerRuntimeEndpoint: CONTAINER_RUNTIME_ENDPOINT,
  cgroupDriver: "cgroupfs",
  failCgroupV1: false,
  failSwapOn: false,
  // Containers without CAP_SYS_RESOURCE may not lower the score.
  oomScoreAdj: 0,
  // Measuring each container's disk use needs a file system that machines in containers lack.
  localStorageCapacityIsolation: false,
  podLogsDir: path.join(LOG_DIR, "pods"),
  volumePluginDir: path.join(DATA_DIR, "kubelet-plugins"),
  rotateCertificates: false,
  // A developer's disk is often nearly full; that alone must not evict the model.
  evictionHard: {
    "nodefs.available": "1%",
    "imagefs.available": "1%",
    "memory.available": "100Mi",
  },
  imageGCHighThresholdPercent: 100,
  // Pods may use what the machine has; a small machine must not refuse them for a daemon's sake.
  maxPods: 110,
};

const kubeProxy = {
  apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
  kind: "KubeProxyConfiguration",
  mode: "iptables",
  clientConnection: { kubeconfig: KUBECONFIG },
  clusterCIDR: POD_CIDR,
  hostnameOverride: NODE_NAME,
  bindAddress: NODE_IP,
  healthzBindAddress: address("kubeProxyHealth"),
  metricsBindAddress: address("kubeProxyMetrics"),
  oomScoreAdj: 0,
  // Zero leaves the machine's own limits alone.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  iptables: { minSyncPeriod: "0s", syncPeriod: "30s" },
};

const cni = {
  cniVersion: "0.4.0",
  name: "model-deployment",
  plugins: [
    {
      type: "bridge",
      bridge: BRIDGE,
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: POD_CIDR, gateway: NODE_IP }]],
        routes: [{ dst: "0.0.0.0/0" }],
      },
    },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

const containerd = (cniPlugins: string) => `version = 3
root = "${DATA_DIR}/containerd"
state = "${RUN_DIR}/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${PAUSE_IMAGE}"
[plugins."io.containerd.cri.v1.images".registry]
  config_path = "${CONFIG_DIR}/registries"

[plugins."io.containerd.cri.v1.runtime"]
  # Containers without CAP_SYS_RESOURCE may not lower the score.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["${cniPlugins}"]
    conf_dir = "${CONFIG_DIR}/cni"
`;

const registryHosts = `server = "http://${address("registry")}"

[host."http://${address("registry")}"]
  capabilities = ["pull", "resolve"]
`;

const buildkitd = `root = "${DATA_DIR}/buildkit"

[grpc]
  address = ["unix://${BUILDKIT_SOCKET}"]

[worker.oci]
  enabled = true
  # Build steps use the machine's own network: its name servers and proxies hold for them too.
  networkMode = "host"
[worker.containerd]
  enabled = false

[registry."${REGISTRY}"]
  http = true
`;

const corefile = `.:${PORTS.dns.port} {
  bind ${NODE_IP}
  errors
  kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {
    kubeconfig ${KUBECONFIG}
    pods insecure
  }
  forward . /etc/resolv.conf
  cache 30
}
`;

/** One section of supervisord's configuration. A percent sign is its escape character. */
function program(service: Service, searchPath: string): string {
  const quoted = service.command.map((word) => `"${word.replace(/["\\]/g, "\\$&")}"`).join(" ");
  return `
[program:${service.name}]
command = ${quoted.replaceAll("%", "%%")}
environment = PATH="${searchPath.replaceAll("%", "%%")}"
directory = ${STATE_DIR}
autorestart = true
# The processes wait for each other by being started again: the first seconds may need many tries.
startretries = 100
startsecs = 2
stopwaitsecs = 10
killasgroup = true
stdout_logfile = ${LOG_DIR}/${service.name}.log
stdout_logfile_maxbytes = 20MB
stdout_logfile_backups = 1
redirect_stderr = true
`;
}

function supervisord(searchPath: string): string {
  return `[supervisord]
nodaemon = true
user = root
logfile = ${LOG_DIR}/supervisord.log
pidfile = ${RUN_DIR}/supervisord.pid
minfds = 1024

[unix_http_server]
file = ${SUPERVISOR_SOCKET}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://${SUPERVISOR_SOCKET}
${SERVICES.map((service) => program(service, searchPath)).join("")}`;
}

export interface NodeTools {
  /** Where the processes look for programs. */
  searchPath: string;
  /** Folder of the CNI plugins. */
  cniPlugins: string;
  /** Version of Kubernetes. */
  kubernetes: string;
}

/** Content of every file below the configuration folder, by relative path. */
export function configFiles(tools: NodeTools): Record<string, string> {
  return {
    "registry.yaml": stringify(registry),
    "kubeadm.yaml": kubeadm(tools.kubernetes)
      .map((document) => stringify(document))
      .join("---\n"),
    "kubelet.yaml": stringify(kubelet),
    "kube-proxy.yaml": stringify(kubeProxy),
    "cni/10-bridge.conflist": JSON.stringify(cni, null, 2),
    "containerd.toml": containerd(tools.cniPlugins),
    [`registries/${REGISTRY}/hosts.toml`]: registryHosts,
    "buildkitd.toml": buildkitd,
    Corefile: corefile,
    "supervisord.conf": supervisord(tools.searchPath),
  };
}
