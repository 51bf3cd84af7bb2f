/** How clients outside the cluster reach a model. The shape is the chart's, so that of most charts. */
export interface IngressArgs {
  /** Default: true if there are hosts. */
  enabled?: boolean;
  /** Default: `nginx`. Empty: the cluster's default class. */
  className?: string;
  annotations?: Record<string, string>;
  /** Each host with the paths that lead to the model. Default paths: everything. */
  hosts?: {
    host: string;
    paths?: { path?: string; pathType?: "Exact" | "Prefix" | "ImplementationSpecific" }[];
  }[];
  /** Certificates: names of existing TLS Secrets and the hosts each is for. */
  tls?: { secretName?: string; hosts?: string[] }[];
  /** Port on which clients reach the controller, for the URL only. Default: 443 with TLS, else 80. */
  port?: number;
}
