import { at, listAt, textAt, unknown } from "../known";
import type { Rule } from "../rule";

// Names that the public DNS never resolves.
const notPublic = /(^|\.)(localhost|local|internal|test|home\.arpa)$/;

export const tlsOnIngress: Rule = {
  name: "tls-on-ingress",
  description: "A host that the public can reach is served with TLS.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: ({ values }) => {
    if (at(values, "ingress", "enabled") !== true || at(values, "ingress", "tls") === unknown) {
      return [];
    }
    const certificates = listAt(values, "ingress", "tls");
    const unprotected = listAt(values, "ingress", "hosts")
      .map((entry) => textAt(entry, "host"))
      .filter((host): host is string => host !== undefined && !notPublic.test(host))
      .filter((host) => !certificates.some((certificate) => covers(certificate, host)));
    return [
      ...unprotected.map((host) => ({
        setting: "ingress.tls",
        message: `has no certificate for ${host}; add secretName, the name of a TLS Secret, and ${host} to its hosts`,
      })),
      ...plainHttp(values),
    ];
  },
};

/** A certificate without hosts is for all; `*.example.com` is for `wine.example.com`. */
function covers(certificate: unknown, host: string): boolean {
  const hosts = listAt(certificate, "hosts");
  return (
    hosts.length === 0 ||
    hosts.some((name) => name === host || name === host.replace(/^[^.]+\./, "*."))
  );
}

function plainHttp(values: object) {
  const redirect = "nginx.ingress.kubernetes.io/ssl-redirect";
  return at(values, "ingress", "annotations", redirect) === "false" &&
    listAt(values, "ingress", "tls").length > 0
    ? [
        {
          setting: `ingress.annotations["${redirect}"]`,
          message: 'found "false": the hosts answer without TLS as well; remove it',
        },
      ]
    : [];
}
