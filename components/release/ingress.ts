import type { ChartValues } from "../arguments/chartValues";
import { defaults } from "../arguments/defaults";
import type { IngressArgs } from "../arguments/ingress";

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
