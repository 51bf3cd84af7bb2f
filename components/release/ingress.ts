import type { ChartValues } from "./chartValues";
import { defaults } from "../arguments/defaults";

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

function isEnabled(ingress: IngressArgs): boolean {
  return ingress.enabled ?? (ingress.hosts ?? []).length > 0;
}

/** The chart's values for an ingress. */
export function ingressValues(ingress: IngressArgs): NonNullable<ChartValues["ingress"]> {
  if (!isEnabled(ingress)) {
    return { enabled: false };
  }
  return {
    enabled: true,
    className: ingress.className ?? defaults.ingress.className,
    ...(ingress.annotations && { annotations: ingress.annotations }),
    hosts: (ingress.hosts ?? []).map(({ host, paths }) => ({
      host,
      paths: (paths ?? [{}]).map(({ path, pathType }) => ({
        path: path ?? defaults.ingress.path,
        pathType: pathType ?? defaults.ingress.pathType,
      })),
    })),
    ...(ingress.tls && { tls: ingress.tls }),
  };
}

/** The URL of the first host that is one host, not a pattern; undefined without an ingress. */
export function ingressUrl(ingress: IngressArgs): string | undefined {
  const first = ingress.hosts?.find(({ host }) => !host.startsWith("*."));
  if (!isEnabled(ingress) || first === undefined) {
    return undefined;
  }
  const secure = (ingress.tls ?? []).some((tls) => tls.hosts?.includes(first.host) ?? true);
  const usual = secure ? 443 : 80;
  const port = ingress.port ?? usual;
  const path = first.paths?.[0]?.path ?? defaults.ingress.path;
  return `${secure ? "https" : "http"}://${first.host}${port === usual ? "" : `:${port}`}${path}`;
}
