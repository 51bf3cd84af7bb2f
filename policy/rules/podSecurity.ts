import { at, isMapping, listAt, type Mapping } from "../known";
import { type Container, type Pod, podsOf } from "../pods";
import type { Rule, Violation } from "../rule";
import type { Path } from "../settings";

/** The Pod Security Standard `restricted`, which includes `baseline`, as of Kubernetes 1.34. */
export const podSecurity: Rule = {
  name: "pod-security",
  description: "Pods pass the Pod Security Standard `restricted`.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: (release) =>
    podsOf(release).flatMap((pod) => [
      ...podFields.flatMap((field) => check(field, pod.spec, pod.setting, "the pod")),
      ...volumes(pod),
      ...sysctls(pod),
      ...appArmorAnnotations(pod),
      ...pod.containers.flatMap((container) => ofContainer(container, pod)),
    ]),
};

/** A field, and what may stand there. Nothing may, unless it is `needed`. */
interface Field {
  path: string[];
  allows: (value: unknown) => boolean;
  advice: string;
  needed?: true;
  /** The pod's own says it for a container that does not. */
  orOfPod?: true;
}

function oneOf(...values: unknown[]): Pick<Field, "allows" | "advice"> {
  return {
    allows: (value) => values.includes(value),
    advice: `remove it${values.length > 0 ? `, or set it to ${values.join(" or ")}` : ""}`,
  };
}

const security = (...path: string[]) => ["securityContext", ...path];

/** In the security context of a pod and in that of a container. */
const shared: Field[] = [
  {
    path: security("runAsUser"),
    allows: (value) => Number(value) !== 0,
    advice: "set it to another user than root",
  },
  {
    path: security("seLinuxOptions", "type"),
    ...oneOf("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"),
    advice: "remove it",
  },
  { path: security("seLinuxOptions", "user"), ...oneOf(""), advice: "remove it" },
  { path: security("seLinuxOptions", "role"), ...oneOf(""), advice: "remove it" },
  { path: security("appArmorProfile", "type"), ...oneOf("RuntimeDefault", "Localhost") },
  { path: security("windowsOptions", "hostProcess"), ...oneOf(false) },
];

const podFields: Field[] = [
  ...["hostNetwork", "hostPID", "hostIPC"].map((name) => ({ path: [name], ...oneOf(false) })),
  ...shared,
  // What says so for all containers must not say otherwise, though it need not say anything.
  { path: security("runAsNonRoot"), ...oneOf(true) },
  { path: security("seccompProfile", "type"), ...oneOf("RuntimeDefault", "Localhost") },
];

const containerFields: Field[] = [
  ...shared,
  { path: security("privileged"), ...oneOf(false) },
  { path: security("procMount"), ...oneOf("Default") },
  {
    path: security("runAsNonRoot"),
    ...oneOf(true),
    advice: "set it to true",
    needed: true,
    orOfPod: true,
  },
  ...["startupProbe", "readinessProbe", "livenessProbe"].flatMap((probe) => hosts(probe)),
  ...["postStart", "preStop"].flatMap((hook) => hosts("lifecycle", hook)),
];

/** The node, not the pod, would ask a host that is named. */
function hosts(...path: string[]): Field[] {
  return ["httpGet", "tcpSocket"].map((kind) => ({
    path: [...path, kind, "host"],
    ...oneOf(""),
    advice: "remove it",
  }));
}

/** What Windows does not know. */
const linuxFields: Field[] = [
  {
    path: security("allowPrivilegeEscalation"),
    ...oneOf(false),
    advice: "set it to false",
    needed: true,
  },
  {
    path: security("seccompProfile", "type"),
    ...oneOf("RuntimeDefault", "Localhost"),
    advice: "set it to RuntimeDefault or Localhost",
    needed: true,
    orOfPod: true,
  },
  {
    path: security("capabilities", "drop"),
    allows: (value) => Array.isArray(value) && value.includes("ALL"),
    advice: 'set it to ["ALL"]',
    needed: true,
  },
];

function ofContainer(container: Container, pod: Pod): Violation[] {
  const whose = `the container ${container.name}`;
  const isWindows = at(pod.spec, "os", "name") === "windows";
  return [
    ...[...containerFields, ...(isWindows ? [] : linuxFields)]
      .filter(({ path, orOfPod }) => {
        const isSaidByPod = orOfPod === true && at(pod.spec, ...path) !== undefined;
        return !(isSaidByPod && at(container.spec, ...path) === undefined);
      })
      .flatMap((field) => check(field, container.spec, container.setting, whose)),
    ...(isWindows ? [] : addedCapabilities(container)),
    ...listAt(container.spec, "ports").flatMap((port, index) => {
      const field = { path: ["hostPort"], ...oneOf(0), advice: "remove it" };
      const setting = (path: Path) => container.setting(["ports", index, ...path]);
      return isMapping(port) ? check(field, port, setting, whose) : [];
    }),
  ];
}

function addedCapabilities({ spec, name, setting }: Container): Violation[] {
  const path = security("capabilities", "add");
  return listAt(spec, ...path)
    .filter((capability) => capability !== "NET_BIND_SERVICE")
    .map((capability) => ({
      setting: setting(path),
      message: `found ${capability} for the container ${name}; none but NET_BIND_SERVICE may be added`,
    }));
}

const volumeTypes = [
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"],
  ...["persistentVolumeClaim", "projected", "secret"],
];

function volumes({ spec, setting }: Pod): Violation[] {
  return listAt(spec, "volumes").flatMap((volume, index) => {
    const types = Object.keys(Object(volume)).filter(
      (key) => key !== "name" && at(volume, key) !== undefined,
    );
    return types
      .filter((type) => !volumeTypes.includes(type))
      .map((type) => ({
        setting: setting(["volumes", index, type]),
        message: `found a volume of this type; accepted: ${volumeTypes.join(", ")}`,
      }));
  });
}

const safeSysctls = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];

function sysctls({ spec, setting }: Pod): Violation[] {
  return listAt(spec, "securityContext", "sysctls").flatMap((sysctl, index) => {
    const name = at(sysctl, "name");
    return safeSysctls.some((safe) => safe === name)
      ? []
      : [
          {
            setting: setting(["securityContext", "sysctls", index]),
            message: `found ${name}, which is not among the safe ones; remove it`,
          },
        ];
  });
}

/** As AppArmor was set before Kubernetes 1.30, and still can be. */
function appArmorAnnotations({ metadata, metadataSetting }: Pod): Violation[] {
  return Object.entries(Object(at(metadata, "annotations")))
    .filter(([key]) => key.startsWith("container.apparmor.security.beta.kubernetes.io/"))
    .filter(([, profile]) => !/^($|runtime\/default$|localhost\/)/.test(String(profile ?? "")))
    .map(([key, profile]) => ({
      setting: metadataSetting(["annotations", key]),
      message: `found ${JSON.stringify(profile)}; accepted: runtime/default or localhost/…`,
    }));
}

function check(
  { path, allows, advice, needed }: Field,
  spec: Mapping,
  setting: (path: Path) => string,
  whose: string,
): Violation[] {
  const found = at(spec, ...path);
  return (found === undefined ? needed !== true : allows(found))
    ? []
    : [{ setting: setting(path), message: `${shown(found)} for ${whose}; ${advice}` }];
}

function shown(found: unknown): string {
  return found === undefined ? "missing" : `found ${JSON.stringify(found)}`;
}
