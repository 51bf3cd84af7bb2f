import { at, listAt, textAt, unknown } from "../known";
import type { Rule, Violation } from "../rule";

// Names that the public DNS never resolves.
const NOT_PUBLIC = /(^|\.)(localhost|local|internal|test|home\.arpa)$/;

export const tlsOnIngress: Rule = {
  name: "tls-on-ingress",
  description: "A host that the public can reach is served with TLS.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: (release) => {
    const own = at(release.values, "ingress");
    const further = release
      .objects()
      .filter(({ content, setting }) => setting !== undefined && content.kind === "Ingress")
      .flatMap(({ content, setting }) =>
        problemsOf({
          rules: listAt(content, "spec", "rules"),
          tls: at(content, "spec", "tls"),
          annotations: at(content, "metadata", "annotations"),
          tlsSetting: `${setting}.spec.tls`,
          annotationsSetting: `${setting}.metadata.annotations`,
        }),
      );
    return [
      ...(at(own, "enabled") === true
        ? problemsOf({
            rules: listAt(own, "hosts"),
            tls: at(own, "tls"),
            annotations: at(own, "annotations"),
            tlsSetting: "ingress.tls",
            annotationsSetting: "ingress.annotations",
          })
        : []),
      ...further,
    ];
  },
};

interface Ingress {
  /** Those with a host. */
  rules: unknown[];
  tls: unknown;
  annotations: unknown;
  tlsSetting: string;
  annotationsSetting: string;
}

const REDIRECT = "nginx.ingress.kubernetes.io/ssl-redirect";

function problemsOf(ingress: Ingress): Violation[] {
  const { rules, tls, annotations, tlsSetting, annotationsSetting } = ingress;
  if (tls === unknown) {
    return [];
  }
  const certificates = Array.isArray(tls) ? tls : [];
  const unprotected = rules
    // Without a host it is for every host.
    .map((rule) => textAt(rule, "host") ?? "*")
    .filter((host) => !NOT_PUBLIC.test(host))
    .filter((host) => !certificates.some((certificate) => covers(certificate, host)));
  return [
    ...unprotected.map((host) => ({
      setting: tlsSetting,
      message: `has no certificate for ${host}; add secretName, the name of a TLS Secret, and ${host} to its hosts`,
    })),
    ...(isFalse(at(annotations, REDIRECT)) && certificates.length > 0
      ? [
          {
            setting: `${annotationsSetting}["${REDIRECT}"]`,
            message: `found ${JSON.stringify(at(annotations, REDIRECT))}: the hosts answer without TLS as well; remove it`,
          },
        ]
      : []),
  ];
}

/** As the controller reads it. */
function isFalse(value: unknown): boolean {
  return ["0", "f", "false"].includes(String(value).toLowerCase());
}

/** A certificate without hosts is for all; `*.example.com` is for `wine.example.com`. */
function covers(certificate: unknown, host: string): boolean {
  const hosts = listAt(certificate, "hosts");
  return (
    hosts.length === 0 ||
    hosts.some((name) => name === host || name === host.replace(/^[^.]+\./, "*."))
  );
}
