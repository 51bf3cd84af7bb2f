// Generated from chart/values.yaml by `npm run chart:generate`. Do not edit: edit chart/values.yaml.

export type Quantity = number | string;
export type IntOrString = number | string;

export interface ChartValues {
  /**
   * Replaces the chart's name in labels and object names
   */
  nameOverride?: string;
  /**
   * Name of every object; default: the release name, joined with the chart's name where that is not part of it
   */
  fullnameOverride?: string;
  /**
   * Labels added to every object
   */
  commonLabels?: {
    [k: string]: string;
  };
  /**
   * Annotations added to every object
   */
  commonAnnotations?: {
    [k: string]: string;
  };
  image?: {
    /**
     * Image of the server, without tag
     */
    repository?: string;
    /**
     * Tag; default: the chart's appVersion
     */
    tag?: string;
    /**
     * Digest; when set, it alone decides which image runs and the tag is not used
     */
    digest?: string;
    /**
     * When the node asks the registry
     */
    pullPolicy?: "Always" | "IfNotPresent" | "Never";
  };
  /**
   * Secrets with registry credentials
   */
  imagePullSecrets?: LocalObjectReference[];
  model?: {
    /**
     * Name clients and metrics know the model by; default: the full name
     */
    name?: string;
    /**
     * Version of the model; default: the image's tag
     */
    version?: string;
    /**
     * sha256 of the model file in hex; a server whose file differs never becomes ready
     */
    sha256?: string;
    /**
     * Where the server finds the model: a file, or a folder that holds one file `model.*`
     */
    path?: string;
  };
  /**
   * Number of pods
   */
  replicaCount?: number;
  /**
   * Resources of the server; the memory limit must hold the loaded model
   */
  resources?: ResourceRequirements;
  /**
   * Further environment variables of the server (`MODEL_SERVER_*` ones are its settings)
   */
  env?: EnvVar[];
  /**
   * ConfigMaps and Secrets that become environment variables of the server
   */
  envFrom?: EnvFromSource[];
  /**
   * How pods are replaced; by default a new one is ready before an old one leaves
   */
  strategy?: DeploymentStrategy;
  /**
   * Seconds a rollout may stand still before it counts as failed
   */
  progressDeadlineSeconds?: number;
  /**
   * Seconds a pod must stay ready before the rollout goes on
   */
  minReadySeconds?: number;
  /**
   * Old ReplicaSets kept for a rollback
   */
  revisionHistoryLimit?: number;
  /**
   * Labels added to the pods
   */
  podLabels?: {
    [k: string]: string;
  };
  /**
   * Annotations added to the pods
   */
  podAnnotations?: {
    [k: string]: string;
  };
  service?: {
    /**
     * Type of the Service
     */
    type?: "ClusterIP" | "NodePort" | "LoadBalancer";
    /**
     * Port of the Service; it leads to the server's port 5000
     */
    port?: number;
    /**
     * Port on the nodes for the types NodePort and LoadBalancer; default: Kubernetes picks one
     */
    nodePort?: number | null;
    /**
     * Annotations of the Service
     */
    annotations?: {
      [k: string]: string;
    };
  };
  ingress?: {
    /**
     * Make the model reachable from outside the cluster by host name
     */
    enabled?: boolean;
    /**
     * Ingress class; empty: the cluster's default class
     */
    className?: string;
    /**
     * Annotations for the ingress controller
     */
    annotations?: {
      [k: string]: string;
    };
    /**
     * Hosts and their paths; a host without paths gets `/` as prefix
     */
    hosts?: {
      /**
       * Host name, may start with `*.`
       */
      host: string;
      /**
       * Paths of this host that lead to the model
       */
      paths?: {
        /**
         * Path, starting with /
         */
        path: string;
        /**
         * How the path is matched; default: Prefix
         */
        pathType?: "Exact" | "Prefix" | "ImplementationSpecific";
      }[];
    }[];
    /**
     * Certificates: names of existing TLS Secrets and the hosts each is for
     */
    tls?: IngressTLS[];
  };
  probes?: {
    /**
     * Until it succeeds no other probe runs; periodSeconds × failureThreshold is the time the model may take to load, verify and warm up
     */
    startup?: Probe;
    /**
     * Whether the pod gets requests
     */
    readiness?: Probe;
    /**
     * Whether the server is restarted
     */
    liveness?: Probe;
  };
  shutdown?: {
    /**
     * Seconds before SIGTERM in which a leaving pod works on as if nothing had happened; not needed for this chart's own server, which keeps accepting requests for `delaySeconds` by itself
     */
    preStopSeconds?: number;
    /**
     * Seconds after SIGTERM in which the server is unready but still accepts requests, until every load balancer has noticed
     */
    delaySeconds?: number;
    /**
     * Seconds after that in which requests under way may finish
     */
    drainSeconds?: number;
    /**
     * Seconds after which Kubernetes kills the pod; must cover the three above
     */
    gracePeriodSeconds?: number;
  };
  /**
   * Security context of the pod; the default passes the Pod Security Standard "restricted"
   */
  podSecurityContext?: PodSecurityContext;
  /**
   * Security context of the server's container
   */
  securityContext?: SecurityContext;
  /**
   * Labels a node must have
   */
  nodeSelector?: {
    [k: string]: string;
  };
  /**
   * Taints the pods tolerate
   */
  tolerations?: Toleration[];
  /**
   * Affinity rules
   */
  affinity?: Affinity;
  /**
   * How pods are spread; a constraint without labelSelector gets the one of this model's pods
   */
  topologySpreadConstraints?: TopologySpreadConstraint[];
  /**
   * Priority class of the pods
   */
  priorityClassName?: string;
  /**
   * Values shared with parent charts; not used here
   */
  global?: {
    [k: string]: unknown;
  };
}
export interface LocalObjectReference {
  name?: string;
}
export interface ResourceRequirements {
  claims?: ResourceClaim[];
  limits?: {
    [k: string]: Quantity;
  };
  requests?: {
    [k: string]: Quantity;
  };
}
export interface ResourceClaim {
  name: string;
  request?: string;
}
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: EnvVarSource;
}
export interface EnvVarSource {
  configMapKeyRef?: ConfigMapKeySelector;
  fieldRef?: ObjectFieldSelector;
  fileKeyRef?: FileKeySelector;
  resourceFieldRef?: ResourceFieldSelector;
  secretKeyRef?: SecretKeySelector;
}
export interface ConfigMapKeySelector {
  key: string;
  name?: string;
  optional?: boolean;
}
export interface ObjectFieldSelector {
  apiVersion?: string;
  fieldPath: string;
}
export interface FileKeySelector {
  key: string;
  optional?: boolean;
  path: string;
  volumeName: string;
}
export interface ResourceFieldSelector {
  containerName?: string;
  divisor?: Quantity;
  resource: string;
}
export interface SecretKeySelector {
  key: string;
  name?: string;
  optional?: boolean;
}
export interface EnvFromSource {
  configMapRef?: ConfigMapEnvSource;
  prefix?: string;
  secretRef?: SecretEnvSource;
}
export interface ConfigMapEnvSource {
  name?: string;
  optional?: boolean;
}
export interface SecretEnvSource {
  name?: string;
  optional?: boolean;
}
export interface DeploymentStrategy {
  rollingUpdate?: RollingUpdateDeployment;
  type?: string;
}
export interface RollingUpdateDeployment {
  maxSurge?: IntOrString;
  maxUnavailable?: IntOrString;
}
export interface IngressTLS {
  hosts?: string[];
  secretName?: string;
}
export interface Probe {
  exec?: ExecAction;
  failureThreshold?: number;
  grpc?: GRPCAction;
  httpGet?: HTTPGetAction;
  initialDelaySeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  tcpSocket?: TCPSocketAction;
  terminationGracePeriodSeconds?: number;
  timeoutSeconds?: number;
}
export interface ExecAction {
  command?: string[];
}
export interface GRPCAction {
  port: number;
  service?: string;
}
export interface HTTPGetAction {
  host?: string;
  httpHeaders?: HTTPHeader[];
  path?: string;
  port: IntOrString;
  scheme?: string;
}
export interface HTTPHeader {
  name: string;
  value: string;
}
export interface TCPSocketAction {
  host?: string;
  port: IntOrString;
}
export interface PodSecurityContext {
  appArmorProfile?: AppArmorProfile;
  fsGroup?: number;
  fsGroupChangePolicy?: string;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seLinuxChangePolicy?: string;
  seLinuxOptions?: SELinuxOptions;
  seccompProfile?: SeccompProfile;
  supplementalGroups?: number[];
  supplementalGroupsPolicy?: string;
  sysctls?: Sysctl[];
  windowsOptions?: WindowsSecurityContextOptions;
}
export interface AppArmorProfile {
  localhostProfile?: string;
  type: string;
}
export interface SELinuxOptions {
  level?: string;
  role?: string;
  type?: string;
  user?: string;
}
export interface SeccompProfile {
  localhostProfile?: string;
  type: string;
}
export interface Sysctl {
  name: string;
  value: string;
}
export interface WindowsSecurityContextOptions {
  gmsaCredentialSpec?: string;
  gmsaCredentialSpecName?: string;
  hostProcess?: boolean;
  runAsUserName?: string;
}
export interface SecurityContext {
  allowPrivilegeEscalation?: boolean;
  appArmorProfile?: AppArmorProfile;
  capabilities?: Capabilities;
  privileged?: boolean;
  procMount?: string;
  readOnlyRootFilesystem?: boolean;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seLinuxOptions?: SELinuxOptions;
  seccompProfile?: SeccompProfile;
  windowsOptions?: WindowsSecurityContextOptions;
}
export interface Capabilities {
  add?: string[];
  drop?: string[];
}
export interface Toleration {
  effect?: string;
  key?: string;
  operator?: string;
  tolerationSeconds?: number;
  value?: string;
}
export interface Affinity {
  nodeAffinity?: NodeAffinity;
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAntiAffinity;
}
export interface NodeAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
}
export interface PreferredSchedulingTerm {
  preference: NodeSelectorTerm;
  weight: number;
}
export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
}
export interface NodeSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}
export interface NodeSelector {
  nodeSelectorTerms: NodeSelectorTerm[];
}
export interface PodAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}
export interface WeightedPodAffinityTerm {
  podAffinityTerm: PodAffinityTerm;
  weight: number;
}
export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
  namespaceSelector?: LabelSelector;
  namespaces?: string[];
  topologyKey: string;
}
export interface LabelSelector {
  matchExpressions?: LabelSelectorRequirement[];
  matchLabels?: {
    [k: string]: string;
  };
}
export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}
export interface PodAntiAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}
export interface TopologySpreadConstraint {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  maxSkew: number;
  minDomains?: number;
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
  topologyKey: string;
  whenUnsatisfiable: string;
}
