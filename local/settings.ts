/**
 * Names, addresses and folders of the local platform.
 *
 * One platform runs per machine, so everything here is fixed: a second checkout finds the first
 * one's platform running and uses it.
 */
import * as os from "node:os";
import * as path from "node:path";

export const PLATFORM_NAME = "model-deployment";
export const PROJECT_DIR = path.resolve(__dirname, "..");
/** The sample models. */
export const MODELS_DIR = path.join(PROJECT_DIR, "models");

/** Downloaded and built tools, Go and base image caches: kept when the platform is stopped. */
export const CACHE_DIR = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"),
  PLATFORM_NAME,
);

/** Links to the tools this checkout uses, whether found on PATH, downloaded or built. */
export const TOOLS_BIN = path.join(PROJECT_DIR, ".tools", "bin");

/** Everything the platform writes but for sockets. Removed when the platform is stopped. */
export const STATE_DIR = path.join("/var/lib", PLATFORM_NAME);

/** Sockets. Short, since a Unix socket's path holds at most 107 bytes. */
export const RUN_DIR = path.join("/run", PLATFORM_NAME);

/** Bulky data: etcd, images, build cache, volumes. A file system of its own where loop devices work. */
export const DATA_DIR = path.join(STATE_DIR, "data");
export const DATA_DISK = path.join(STATE_DIR, "data.img");

export const LOG_DIR = path.join(STATE_DIR, "log");
export const PKI_DIR = path.join(STATE_DIR, "pki");
export const KUBECONFIG_DIR = path.join(STATE_DIR, "kubeconfig");
export const CONFIG_DIR = path.join(STATE_DIR, "config");
/** Holds everything: the cluster administrator's access. */
export const KUBECONFIG = path.join(KUBECONFIG_DIR, "super-admin.conf");
export const BUILDX_CONFIG = path.join(STATE_DIR, "buildx");

export const CONTAINERD_SOCKET = path.join(RUN_DIR, "containerd.sock");
export const BUILDKIT_SOCKET = path.join(RUN_DIR, "buildkitd.sock");
export const SUPERVISOR_SOCKET = path.join(RUN_DIR, "supervisor.sock");

export const NODE_NAME = "local";
export const BRIDGE = "modeldep0";
/** The bridge's own address: the node's address, and where the API server and DNS listen. */
export const NODE_IP = "10.213.0.1";
export const POD_CIDR = "10.213.0.0/24";
export const SERVICE_CIDR = "10.214.0.0/16";
export const CLUSTER_DOMAIN = "cluster.local";

/** Every TCP port the platform listens on, with the address it binds. */
export const PORTS = {
  registry: { host: "127.0.0.1", port: 5001 },
  ingress: { host: "127.0.0.1", port: 8080 },
  ingressMetrics: { host: "127.0.0.1", port: 16911 },
  apiProxy: { host: "127.0.0.1", port: 16444 },
  apiServer: { host: NODE_IP, port: 16443 },
  etcd: { host: "127.0.0.1", port: 16379 },
  etcdPeer: { host: "127.0.0.1", port: 16380 },
  controllerManager: { host: "127.0.0.1", port: 16257 },
  scheduler: { host: "127.0.0.1", port: 16259 },
  kubelet: { host: NODE_IP, port: 16250 },
  kubeletHealth: { host: "127.0.0.1", port: 16248 },
  kubeProxyHealth: { host: "127.0.0.1", port: 16256 },
  kubeProxyMetrics: { host: "127.0.0.1", port: 16249 },
  metricsServer: { host: NODE_IP, port: 16445 },
  dns: { host: NODE_IP, port: 53 },
} as const satisfies Record<string, { host: string; port: number }>;

export type PortName = keyof typeof PORTS;

/** `host:port` of one of the platform's listeners. */
export function address(name: PortName): string {
  return `${PORTS[name].host}:${PORTS[name].port}`;
}

/** The registry as image references name it. */
export const REGISTRY = `localhost:${PORTS.registry.port}`;
export const BASE_IMAGE = `${REGISTRY}/base/python:3.13`;
export const PAUSE_IMAGE = `${REGISTRY}/base/pause:1`;
