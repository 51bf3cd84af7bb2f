/** The processes of the single-node cluster, each with the flags that a local machine needs. */
import * as path from "node:path";
import {
  address,
  BUILDKIT_SOCKET,
  CONFIG_DIR,
  CONTAINERD_SOCKET,
  DATA_DIR,
  KUBECONFIG,
  KUBECONFIG_DIR,
  NODE_IP,
  NODE_NAME,
  PKI_DIR,
  POD_CIDR,
  PORTS,
  SERVICE_CIDR,
} from "../settings";

export interface Service {
  name: string;
  command: string[];
  environment?: Record<string, string>;
}

const pki = (name: string) => path.join(PKI_DIR, name);
const config = (name: string) => path.join(CONFIG_DIR, name);
const data = (name: string) => path.join(DATA_DIR, name);

export const SERVICES: readonly Service[] = [
  {
    name: "registry",
    command: ["docker-registry", "serve", config("registry.yaml")],
  },
  {
    name: "etcd",
    command: [
      "etcd",
      `--name=${NODE_NAME}`,
      `--data-dir=${data("etcd")}`,
      `--listen-client-urls=http://${address("etcd")}`,
      `--advertise-client-urls=http://${address("etcd")}`,
      `--listen-peer-urls=http://${address("etcdPeer")}`,
      `--initial-advertise-peer-urls=http://${address("etcdPeer")}`,
      `--initial-cluster=${NODE_NAME}=http://${address("etcdPeer")}`,
      // The data lives no longer than the platform; waiting for the disk would only cost time.
      "--unsafe-no-fsync",
    ],
  },
  {
    name: "kube-apiserver",
    command: [
      "kube-apiserver",
      `--etcd-servers=http://${address("etcd")}`,
      `--bind-address=${NODE_IP}`,
      `--advertise-address=${NODE_IP}`,
      `--secure-port=${PORTS.apiServer.port}`,
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged=true",
      `--client-ca-file=${pki("ca.crt")}`,
      `--tls-cert-file=${pki("apiserver.crt")}`,
      `--tls-private-key-file=${pki("apiserver.key")}`,
      `--kubelet-client-certificate=${pki("apiserver-kubelet-client.crt")}`,
      `--kubelet-client-key=${pki("apiserver-kubelet-client.key")}`,
      "--kubelet-preferred-address-types=InternalIP",
      `--service-account-issuer=https://kubernetes.default.svc`,
      `--service-account-key-file=${pki("sa.pub")}`,
      `--service-account-signing-key-file=${pki("sa.key")}`,
      `--requestheader-client-ca-file=${pki("front-proxy-ca.crt")}`,
      "--requestheader-allowed-names=front-proxy-client",
      "--requestheader-username-headers=X-Remote-User",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      `--proxy-client-cert-file=${pki("front-proxy-client.crt")}`,
      `--proxy-client-key-file=${pki("front-proxy-client.key")}`,
      // The metrics server runs beside the cluster, not in a pod behind the service's address.
      "--enable-aggregator-routing=true",
    ],
  },
  {
    name: "kube-controller-manager",
    command: [
      "kube-controller-manager",
      `--kubeconfig=${path.join(KUBECONFIG_DIR, "controller-manager.conf")}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${PORTS.controllerManager.port}`,
      "--leader-elect=false",
      "--use-service-account-credentials=true",
      `--root-ca-file=${pki("ca.crt")}`,
      `--service-account-private-key-file=${pki("sa.key")}`,
      `--cluster-signing-cert-file=${pki("ca.crt")}`,
      `--cluster-signing-key-file=${pki("ca.key")}`,
      "--allocate-node-cidrs=true",
      `--cluster-cidr=${POD_CIDR}`,
      "--node-cidr-mask-size=24",
    ],
  },
  {
    name: "kube-scheduler",
    command: [
      "kube-scheduler",
      `--kubeconfig=${path.join(KUBECONFIG_DIR, "scheduler.conf")}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${PORTS.scheduler.port}`,
      "--leader-elect=false",
    ],
  },
  {
    name: "containerd",
    command: ["containerd", `--config=${config("containerd.toml")}`],
  },
  {
    name: "kubelet",
    command: [
      "kubelet",
      `--config=${config("kubelet.yaml")}`,
      `--kubeconfig=${path.join(KUBECONFIG_DIR, "kubelet.conf")}`,
      `--root-dir=${data("kubelet")}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${NODE_IP}`,
    ],
  },
  {
    name: "kube-proxy",
    command: ["kube-proxy", `--config=${config("kube-proxy.yaml")}`],
  },
  {
    name: "coredns",
    command: ["coredns", `-conf=${config("Corefile")}`],
  },
  {
    name: "metrics-server",
    command: [
      "metrics-server",
      `--kubeconfig=${KUBECONFIG}`,
      `--authentication-kubeconfig=${KUBECONFIG}`,
      `--authorization-kubeconfig=${KUBECONFIG}`,
      `--bind-address=${NODE_IP}`,
      `--secure-port=${PORTS.metricsServer.port}`,
      `--cert-dir=${data("metrics-server")}`,
      "--kubelet-insecure-tls",
      "--kubelet-preferred-address-types=InternalIP",
      "--kubelet-use-node-status-port",
      "--metric-resolution=15s",
    ],
  },
  {
    name: "buildkitd",
    command: [
      "buildkitd",
      `--config=${config("buildkitd.toml")}`,
      `--addr=unix://${BUILDKIT_SOCKET}`,
    ],
  },
  {
    name: "api-proxy",
    command: [
      "kubectl",
      `--kubeconfig=${KUBECONFIG}`,
      "proxy",
      `--address=${PORTS.apiProxy.host}`,
      `--port=${PORTS.apiProxy.port}`,
    ],
  },
  {
    name: "ingress",
    command: [
      "skipper",
      "-kubernetes",
      // Skipper speaks to the API server without credentials of its own outside of a cluster.
      `-kubernetes-url=http://${address("apiProxy")}`,
      "-enable-kubernetes-endpointslices=true",
      "-kubernetes-ingress-class=nginx",
      `-address=${address("ingress")}`,
      `-support-listener=${address("ingressMetrics")}`,
      "-source-poll-timeout=1000",
      "-access-log-disabled=true",
      // Looking into a body makes Skipper read it to its end before the model can answer. Otherwise an
      // answer that comes too fast meets a request that Go's HTTP client has not quite finished, and
      // is cut off behind its headers (once in a hundred requests on 2 cores). No body holds this.
      '-default-filters-prepend=blockContentHex("00ff00ff00ff00ff00ff00ff00ff00ff")',
      // A body above the buffer would be cut off. The server itself refuses what is above half of this.
      "-max-matcher-buffer-size=8388608",
    ],
  },
];

/** The containerd endpoint as the kubelet names it. */
export const CONTAINER_RUNTIME_ENDPOINT = `unix://${CONTAINERD_SOCKET}`;
