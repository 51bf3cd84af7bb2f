import assert from "node:assert/strict";
import { unknown } from "../../policy/known";
import { modelRelease } from "../../policy/resources";
import { releaseViolations, type Violation } from "../../policy/rule";
import { rules } from "../../policy/rules";

type Values = Record<string, unknown>;

const digest = `sha256:${"a".repeat(64)}`;
const sha256 = "b".repeat(64);

/** Values of a release that breaks no rule, as the component makes them. */
const good = {
  image: { repository: "ghcr.io/acme/wine", tag: "1.0.0", digest },
  model: { name: "wine", version: "1.0.0", sha256, allowPickle: false },
  replicaCount: 2,
  podDisruptionBudget: { enabled: true },
  podLabels: { team: "data-science", environment: "production" },
  ingress: {
    enabled: true,
    hosts: [{ host: "wine.example.com" }],
    tls: [{ secretName: "wine-tls", hosts: ["wine.example.com"] }],
  },
};

/** A container that breaks no rule. */
const sidecar = {
  name: "proxy",
  image: `ghcr.io/acme/proxy:1.0.0@${digest}`,
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "16Mi" } },
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};

/** What a download of the model needs to be complete. */
const download = {
  location: "https://models.example.com/wine.ubj",
  image: { repository: "fetcher", tag: "1", digest },
};

const labelled = { labels: { team: "data-science", environment: "production" } };

/** A pod that breaks no rule. */
const pod = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [sidecar],
};

/** An object of the release beside the chart's own. */
function extra(kind: string, spec: unknown, apiVersion = "apps/v1", further: Values = {}): Values {
  return { extraObjects: [{ apiVersion, kind, metadata: { name: "x" }, spec, ...further }] };
}

/** Where in an object of each kind a pod is, with the object's API. */
const workloads: Record<string, [apiVersion: string, path: string, make: (pod: Values) => Values]> =
  {
    Deployment: ["apps/v1", "spec.template", (template) => ({ template })],
    StatefulSet: ["apps/v1", "spec.template", (template) => ({ template })],
    DaemonSet: ["apps/v1", "spec.template", (template) => ({ template })],
    ReplicaSet: ["apps/v1", "spec.template", (template) => ({ template })],
    ReplicationController: ["v1", "spec.template", (template) => ({ template })],
    Job: ["batch/v1", "spec.template", (template) => ({ template })],
    CronJob: [
      "batch/v1",
      "spec.jobTemplate.spec.template",
      (template) => ({ jobTemplate: { spec: { template } } }),
    ],
    Rollout: ["argoproj.io/v1alpha1", "spec.template", (template) => ({ template })],
    ScaledJob: [
      "keda.sh/v1alpha1",
      "spec.jobTargetRef.template",
      (template) => ({ jobTargetRef: { template } }),
    ],
    PyTorchJob: [
      "kubeflow.org/v1",
      "spec.pytorchReplicaSpecs.Master.template",
      (template) => ({ pytorchReplicaSpecs: { Master: { template } } }),
    ],
    Machinery: [
      "example.com/v1",
      "spec.parts[0].deep.template",
      (template) => ({ parts: [{ deep: { template } }] }),
    ],
  };

function violations(rule: string, given: Values, namespace: unknown = "models"): Violation[] {
  const found = rules.find(({ name }) => name === rule);
  assert.ok(found?.release, `there is no rule ${rule} about releases`);
  const release = { model: "wine", name: "wine", namespace, chart: "chart" };
  return releaseViolations(found, modelRelease({ ...release, given: { ...good, ...given } }));
}

/** The further objects of many cases, rendered at once, which takes as long as for one. */
const together = new Map<string, { objects: unknown[]; found?: Violation[] }>();

/** A case that may be rendered with others: it adds one object. */
function isAlone({ values, namespace }: Case): boolean {
  const { extraObjects, ...others } = values;
  return (
    Array.isArray(extraObjects) &&
    extraObjects.length === 1 &&
    Object.keys(others).length === 0 &&
    namespace === undefined
  );
}

function joined(rule: string, example: Case): () => Violation[] {
  if (!isAlone(example)) {
    return () => violations(rule, example.values, example.namespace);
  }
  const batch = together.get(rule) ?? { objects: [] };
  together.set(rule, batch);
  const index = batch.objects.push(...(example.values.extraObjects as unknown[])) - 1;
  const [mine, as] = [`values.extraObjects[${index}]`, "values.extraObjects[0]"];
  return () => {
    batch.found ??= violations(rule, { extraObjects: batch.objects });
    return batch.found
      .filter(
        ({ setting }) => !setting.startsWith("values.extraObjects[") || setting.startsWith(mine),
      )
      .map(({ setting, message }) => ({ setting: setting.replace(mine, as), message }));
  };
}

interface Case {
  what: string;
  values: Values;
  namespace?: unknown;
  /** What is reported: setting and message. None: the rule holds. */
  expected?: [setting: string, message: RegExp][];
}

/** Values with variables of the server, of a model that may be no pickle. */
function withEnv(...env: Values[]): Values {
  return { model: { sha256, allowPickle: false }, env };
}

/** Changes to a pod that the standard allows, by what the violation's setting ends with; none: allowed. */
const ofPods: [what: string, change: Values, ends?: string][] = [
  ["hostNetwork", { hostNetwork: true }, "hostNetwork"],
  ["hostPID", { hostPID: true }, "hostPID"],
  ["hostIPC", { hostIPC: true }, "hostIPC"],
  ["hostNetwork that is false", { hostNetwork: false }],
  [
    "a volume of the node",
    { volumes: [{ name: "v", hostPath: { path: "/" } }] },
    "volumes[0].hostPath",
  ],
  [
    "a volume by NFS",
    { volumes: [{ name: "v", nfs: { server: "a", path: "/" } }] },
    "volumes[0].nfs",
  ],
  ["a volume of a kind to come", { volumes: [{ name: "v", wormhole: {} }] }, "volumes[0].wormhole"],
  ...[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
  ].map((type): [string, Values] => [`a volume ${type}`, { volumes: [{ name: "v", [type]: {} }] }]),
];
const ofPodContexts: [what: string, change: Values, ends?: string][] = [
  ["runAsUser 0", { runAsUser: 0 }, "runAsUser"],
  ["another user", { runAsUser: 1 }],
  ["runAsNonRoot that is false", { runAsNonRoot: false }, "runAsNonRoot"],
  [
    "an unconfined seccomp profile",
    { seccompProfile: { type: "Unconfined" } },
    "seccompProfile.type",
  ],
  [
    "a seccomp profile of the node",
    { seccompProfile: { type: "Localhost", localhostProfile: "a" } },
  ],
  [
    "an unconfined AppArmor profile",
    { appArmorProfile: { type: "Unconfined" } },
    "appArmorProfile.type",
  ],
  ["AppArmor's default profile", { appArmorProfile: { type: "RuntimeDefault" } }],
  ["a type of SELinux", { seLinuxOptions: { type: "spc_t" } }, "seLinuxOptions.type"],
  ["a user of SELinux", { seLinuxOptions: { user: "system_u" } }, "seLinuxOptions.user"],
  ["a role of SELinux", { seLinuxOptions: { role: "system_r" } }, "seLinuxOptions.role"],
  ["a container's type of SELinux", { seLinuxOptions: { type: "container_t", level: "s0:c1" } }],
  [
    "a process of the Windows host",
    { windowsOptions: { hostProcess: true } },
    "windowsOptions.hostProcess",
  ],
  ["a sysctl", { sysctls: [{ name: "kernel.msgmax", value: "1" }] }, "sysctls[0]"],
  ["a safe sysctl", { sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] }],
];
const ofContainerContexts: [what: string, change: Values, ends?: string][] = [
  ...ofPodContexts.filter(([, change]) => !("sysctls" in change)),
  ["privileged", { privileged: true }, "privileged"],
  ["what may gain privileges", { allowPrivilegeEscalation: true }, "allowPrivilegeEscalation"],
  ["what does not say so", { allowPrivilegeEscalation: null }, "allowPrivilegeEscalation"],
  ["an unmasked /proc", { procMount: "Unmasked" }, "procMount"],
  ["a masked /proc", { procMount: "Default" }],
  ["a capability", { capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } }, "capabilities.add"],
  ["the capability of low ports", { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }],
  ["capabilities that are kept", { capabilities: { drop: ["NET_RAW"] } }, "capabilities.drop"],
];
const ofContainers: [what: string, change: Values, ends?: string][] = [
  ["a port of the node", { ports: [{ containerPort: 1, hostPort: 1 }] }, "ports[0].hostPort"],
  ["a port of its own", { ports: [{ containerPort: 1, hostPort: 0 }] }],
  [
    "a probe of a host",
    { livenessProbe: { httpGet: { port: 1, host: "10.0.0.1" } } },
    "livenessProbe.httpGet.host",
  ],
  [
    "a hook at a host",
    { lifecycle: { preStop: { tcpSocket: { port: 1, host: "a" } } } },
    "lifecycle.preStop.tcpSocket.host",
  ],
  ["no security context", { securityContext: null }, "allowPrivilegeEscalation|capabilities.drop"],
];

/** Each of the standard's rules in a further pod, in each kind of container; some in the chart's own pods. */
function podSecurityCases(): Case[] {
  const ending = (ends: string | undefined, before: string) =>
    (ends?.split("|") ?? []).map((end): [string, RegExp] => [
      `${before}${end}`,
      /^found |^missing /,
    ]);
  const extraPod = (change: Values) => extra("Pod", { ...pod, ...change }, "v1");
  const object = "values.extraObjects[0].";
  const further: Case[] = [
    { what: "a further pod that passes", values: extraPod({}) },
    ...ofPods.map(([what, change, ends]) => ({
      what: `of a pod: ${what}`,
      values: extraPod(change),
      expected: ending(ends, `${object}spec.`),
    })),
    ...ofPodContexts.map(([what, change, ends]) => ({
      what: `of a pod: ${what}`,
      values: extraPod({ securityContext: { ...pod.securityContext, ...change } }),
      expected: ending(ends, `${object}spec.securityContext.`),
    })),
    ...["containers", "initContainers", "ephemeralContainers"].flatMap((list) => {
      const at = `${object}spec.${list}[0].`;
      return [
        ...ofContainerContexts.map(([what, change, ends]) => ({
          what: `of ${list}: ${what}`,
          values: extraPod({
            [list]: [{ ...sidecar, securityContext: { ...sidecar.securityContext, ...change } }],
          }),
          expected: ending(ends, `${at}securityContext.`),
        })),
        ...ofContainers.map(([what, change, ends]) => ({
          what: `of ${list}: ${what}`,
          values: extraPod({ [list]: [{ ...sidecar, ...change }] }),
          expected: ending(ends, "securityContext" in change ? `${at}securityContext.` : at),
        })),
      ];
    }),
    {
      what: "a pod that does not say who it runs as, nor its containers",
      values: extraPod({ securityContext: {} }),
      expected: ["runAsNonRoot", "seccompProfile.type"].map((field): [string, RegExp] => [
        `${object}spec.containers[0].securityContext.${field}`,
        /^missing for the container proxy; set it to/,
      ]),
    },
    {
      what: "a pod that leaves it to each container",
      values: extraPod({
        securityContext: {},
        containers: [
          { ...sidecar, securityContext: { ...sidecar.securityContext, ...pod.securityContext } },
        ],
      }),
    },
    {
      what: "AppArmor's old annotation",
      values: extra("Pod", pod, "v1", {
        metadata: {
          name: "x",
          annotations: { "container.apparmor.security.beta.kubernetes.io/proxy": "unconfined" },
        },
      }),
      expected: [
        [
          `${object}metadata.annotations["container.apparmor.security.beta.kubernetes.io/proxy"]`,
          /^found "unconfined"/,
        ],
      ],
    },
    {
      what: "a pod of Windows, which knows nothing of Linux",
      values: extraPod({
        os: { name: "windows" },
        securityContext: { runAsNonRoot: true },
        containers: [{ ...sidecar, securityContext: {} }],
      }),
    },
    ...Object.entries(workloads).map(([kind, [apiVersion, path, make]]) => ({
      what: `a privileged container in a ${kind}`,
      values: extra(
        kind,
        make({
          metadata: labelled,
          spec: {
            ...pod,
            containers: [
              { ...sidecar, securityContext: { ...sidecar.securityContext, privileged: true } },
            ],
          },
        }),
        apiVersion,
      ),
      expected: [
        [
          `${object}${path}.spec.containers[0].securityContext.privileged`,
          /^found true for the container proxy; remove it/,
        ],
      ] as [string, RegExp][],
    })),
  ];
  const own: Case[] = [
    {
      what: "the server's container privileged, once for all the chart's containers",
      values: {
        securityContext: { privileged: true },
        logForwarding: { enabled: true, outputs: [{ name: "stdout" }] },
        canary: { enabled: true, model: { version: "2", sha256 } },
      },
      expected: [["values.securityContext.privileged", /^found true for the container /]],
    },
    {
      what: "pods that run as root",
      values: { podSecurityContext: { runAsUser: 0, runAsNonRoot: false } },
      expected: [
        ["values.podSecurityContext.runAsUser", /^found 0 for the pod;/],
        ["values.podSecurityContext.runAsNonRoot", /^found false for the pod;/],
      ],
    },
    {
      what: "a sidecar without a security context",
      values: { sidecars: [{ ...sidecar, securityContext: undefined }] },
      expected: [
        [
          "values.sidecars[0].securityContext.allowPrivilegeEscalation",
          /^missing for the container proxy;/,
        ],
        [
          "values.sidecars[0].securityContext.capabilities.drop",
          /^missing for .* set it to \["ALL"\]$/,
        ],
      ],
    },
    {
      what: "an init container with a capability",
      values: {
        initContainers: [
          {
            ...sidecar,
            securityContext: {
              ...sidecar.securityContext,
              capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
            },
          },
        ],
      },
      expected: [["values.initContainers[0].securityContext.capabilities.add", /^found NET_ADMIN/]],
    },
    {
      what: "a volume of the node",
      values: { volumes: [{ name: "v", hostPath: { path: "/" } }] },
      expected: [["values.volumes[0].hostPath", /^found a volume of this type/]],
    },
    {
      what: "a probe that asks another host",
      values: { probes: { liveness: { httpGet: { path: "/", port: 1, host: "10.0.0.1" } } } },
      expected: [["values.probes.liveness.httpGet.host", /^found "10\.0\.0\.1"/]],
    },
    { what: "a download", values: { model: { sha256, source: "uri", uri: download } } },
  ];
  return [...further, ...own];
}

const cases: Record<string, Case[]> = {
  "image-pinned": [
    {
      what: "an image without digest",
      values: { image: { repository: "ghcr.io/acme/wine", tag: "1.0.0" } },
      expected: [
        ["image", /^found ghcr\.io\/acme\/wine:1\.0\.0, .*: ghcr\.io\/acme\/wine@sha256:…$/],
      ],
    },
    {
      what: "a digest that is none, which the chart refuses",
      values: { image: { repository: "wine", tag: "1", digest: "<none>" } },
      expected: [["", /^cannot be judged: the chart refuses these values: .*image.digest/]],
    },
    {
      what: "a digest that is not known before the build",
      values: { image: { repository: "ghcr.io/acme/wine", tag: "1.0.0", digest: unknown } },
    },
    {
      what: "a sidecar by tag",
      values: { sidecars: [sidecar, { ...sidecar, image: "localhost:5001/proxy:2" }] },
      expected: [
        ["values.sidecars[1].image", /^found localhost:5001\/proxy:2, .*localhost:5001\/proxy@/],
      ],
    },
    { what: "a sidecar by digest", values: { sidecars: [sidecar] } },
    {
      what: "an init container without any tag",
      values: { initContainers: [{ ...sidecar, image: "busybox" }] },
      expected: [["values.initContainers[0].image", /^found busybox, .*busybox@sha256:…$/]],
    },
    {
      what: "a canary with a tag of its own",
      values: { canary: { enabled: true, image: { tag: "2.0.0" } } },
      expected: [["values.canary.image", /^found ghcr\.io\/acme\/wine:2\.0\.0,/]],
    },
    {
      what: "the log forwarding's image by tag, as is the chart's default",
      values: { logForwarding: { enabled: true, outputs: [{ name: "stdout" }] } },
      expected: [["values.logForwarding.image", /^found fluent\/fluent-bit:[\d.]+, .*@sha256:…$/]],
    },
    {
      what: "the log forwarding's image by digest",
      values: {
        logForwarding: { enabled: true, outputs: [{ name: "stdout" }], image: { digest } },
      },
    },
    {
      what: "a log forwarding that is switched off",
      values: { logForwarding: { enabled: false } },
    },
    {
      what: "a template whose image is made by the template",
      values: extra(
        "Pod",
        { containers: [{ ...sidecar, image: "{{ .Values.image.repository }}:9" }] },
        "v1",
      ),
      expected: [
        ["values.extraObjects[0].spec.containers[0].image", /^found ghcr\.io\/acme\/wine:9,/],
      ],
    },
    {
      what: "an init container and an ephemeral one of a further pod",
      values: extra(
        "Pod",
        {
          ...pod,
          initContainers: [{ ...sidecar, name: "init", image: "busybox:1" }],
          ephemeralContainers: [{ ...sidecar, name: "look", image: "busybox:2" }],
        },
        "v1",
      ),
      expected: [
        ["values.extraObjects[0].spec.ephemeralContainers[0].image", /^found busybox:2,/],
        ["values.extraObjects[0].spec.initContainers[0].image", /^found busybox:1,/],
      ],
    },
    {
      what: "a workload in a list of objects",
      values: {
        extraObjects: [
          {
            apiVersion: "v1",
            kind: "List",
            metadata: { name: "all" },
            items: [
              {
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name: "x" },
                spec: { containers: [{ ...sidecar, image: "a:1" }] },
              },
            ],
          },
        ],
      },
      expected: [["values.extraObjects[0].items[0].spec.containers[0].image", /^found a:1,/]],
    },
    {
      what: "a custom resource whose operator runs the image it names",
      values: extra("Prometheus", { image: "prom/prometheus:v3" }, "monitoring.coreos.com/v1"),
      expected: [["values.extraObjects[0].spec.image", /^found prom\/prometheus:v3,/]],
    },
    {
      what: "the steps of a workflow and of a task",
      values: {
        extraObjects: [
          {
            apiVersion: "argoproj.io/v1alpha1",
            kind: "Workflow",
            metadata: { name: "w" },
            spec: {
              templates: [
                { name: "a", container: { image: "a:1" } },
                { name: "b", script: { image: "b:1" } },
              ],
            },
          },
          {
            apiVersion: "tekton.dev/v1",
            kind: "Task",
            metadata: { name: "t" },
            spec: { steps: [{ name: "c", image: "c:1" }] },
          },
        ],
      },
      expected: [
        ["values.extraObjects[1].spec.steps[0].image", /^found c:1,/],
        ["values.extraObjects[0].spec.templates[0].container.image", /^found a:1,/],
        ["values.extraObjects[0].spec.templates[1].script.image", /^found b:1,/],
      ],
    },
    {
      what: "an image that is mounted as a volume",
      values: { volumes: [{ name: "data", image: { reference: "ghcr.io/acme/data:1" } }] },
      expected: [["values.volumes[0].image.reference", /^found ghcr\.io\/acme\/data:1,/]],
    },
    {
      what: "a canary's download by an image of its own",
      values: {
        canary: {
          enabled: true,
          model: {
            version: "2",
            sha256,
            source: "uri",
            uri: { ...download, image: { repository: "fetcher", tag: "1" } },
          },
        },
      },
      expected: [["values.canary.model.uri.image", /^found fetcher:1,/]],
    },
    {
      what: "images of custom resources in parts, by other names, and in containers by name",
      values: extra(
        "Machine",
        {
          image: { repository: "a", tag: "1" },
          sidecarImage: "b:1",
          baseImage: "none",
          containers: { main: { image: "c:1" } },
        },
        "example.com/v1",
      ),
      expected: [
        ["values.extraObjects[0].spec.containers.main.image", /^found c:1,/],
        ["values.extraObjects[0].spec.image", /^found a:1,/],
        ["values.extraObjects[0].spec.sidecarImage", /^found b:1,/],
      ],
    },
    {
      what: "a hook, and a resource of another resource",
      values: extra(
        "Work",
        {
          manifests: [{ apiVersion: "v1", kind: "Pod", spec: { containers: [{ image: "a:1" }] } }],
        },
        "example.com/v1",
        { metadata: { name: "x", annotations: { "helm.sh/hook": "pre-install" } } },
      ),
      expected: [
        ["values.extraObjects[0].spec.manifests[0].spec.containers[0].image", /^found a:1,/],
      ],
    },
    {
      what: "a container without any image",
      values: extra("Pod", { containers: [{ name: "a" }] }, "v1"),
      expected: [["values.extraObjects[0].spec.containers[0].image", /^found no image,/]],
    },
    {
      what: "a digest by another algorithm",
      values: { sidecars: [{ ...sidecar, image: `a@sha512:${"a".repeat(128)}` }] },
    },
    {
      what: "what only looks like an image: of a ConfigMap",
      values: {
        extraObjects: [
          { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: { image: "a:1" } },
        ],
      },
    },
    ...Object.entries(workloads).map(([kind, [apiVersion, path, make]]) => ({
      what: `a ${kind} by tag`,
      values: extra(
        kind,
        make({ metadata: labelled, spec: { ...pod, containers: [{ ...sidecar, image: "a:1" }] } }),
        apiVersion,
      ),
      expected: [
        [`values.extraObjects[0].${path}.spec.containers[0].image`, /^found a:1, .*: a@sha256:…$/],
      ] as [string, RegExp][],
    })),
    {
      what: "a canary with the image of the stable model",
      values: { canary: { enabled: true, model: { version: "2.0.0", sha256 } } },
    },
    {
      what: "a canary that is switched off",
      values: { canary: { enabled: false, image: { tag: "2.0.0" } } },
    },
    {
      what: "a download by an image that is not pinned",
      values: {
        model: {
          sha256,
          source: "uri",
          uri: { ...download, image: { repository: "fetcher", tag: "1" } },
        },
      },
      expected: [["source.uri.image", /^found fetcher:1,/]],
    },
    {
      what: "a download's image that nothing is downloaded with",
      values: { model: { source: "image", uri: { image: { repository: "fetcher", tag: "1" } } } },
    },
  ],
  "no-latest": [
    {
      what: "the tag latest, even beside a digest",
      values: { image: { repository: "wine", tag: "latest", digest } },
      expected: [["image", /^found wine:latest@sha256:a+; give it the tag of a version/]],
    },
    {
      what: "a sidecar tagged latest",
      values: { sidecars: [{ ...sidecar, image: "localhost:5001/proxy:latest" }] },
      expected: [["values.sidecars[0].image", /^found localhost:5001\/proxy:latest;/]],
    },
    {
      what: "a sidecar without tag, in a registry with a port",
      values: { sidecars: [{ ...sidecar, image: "localhost:5001/proxy" }] },
      expected: [["values.sidecars[0].image", /^found localhost:5001\/proxy;/]],
    },
    {
      what: "a sidecar by digest alone",
      values: { sidecars: [{ ...sidecar, image: `localhost:5001/proxy@${digest}` }] },
    },
    {
      what: "a log forwarding tagged latest",
      values: {
        logForwarding: {
          enabled: true,
          outputs: [{ name: "stdout" }],
          image: { tag: "latest", digest },
        },
      },
      expected: [["values.logForwarding.image", /^found fluent\/fluent-bit:latest@/]],
    },
    {
      what: "a CronJob without tag",
      values: extra(
        "CronJob",
        {
          jobTemplate: {
            spec: {
              template: { metadata: labelled, spec: { containers: [{ ...sidecar, image: "a" }] } },
            },
          },
        },
        "batch/v1",
      ),
      expected: [
        [
          "values.extraObjects[0].spec.jobTemplate.spec.template.spec.containers[0].image",
          /^found a;/,
        ],
      ],
    },
    {
      what: "a tag that only starts so",
      values: { image: { repository: "wine", tag: "latest-stable", digest } },
    },
  ],
  "resources-set": [
    { what: "the chart's own resources", values: {} },
    {
      what: "a limit taken away from the chart's",
      values: { resources: { limits: { memory: null } } },
      expected: [
        [
          "resources.limits.memory",
          /^missing for the container server; set it to what was measured, such as 512Mi$/,
        ],
      ],
    },
    { what: "resources that are not known", values: { resources: unknown } },
    {
      what: "a sidecar without resources",
      values: { sidecars: [{ ...sidecar, resources: undefined }] },
      expected: [
        ["values.sidecars[0].resources.requests.memory", /^missing for the container proxy;/],
        ["values.sidecars[0].resources.limits.memory", /^missing for the container proxy;/],
        ["values.sidecars[0].resources.requests.cpu", /^missing .* such as 250m$/],
      ],
    },
    {
      what: "a download without a limit",
      values: {
        model: { sha256, source: "uri", uri: { ...download, resources: { limits: null } } },
      },
      expected: [["source.uri.resources.limits.memory", /^missing for .* fetch-model;/]],
    },
    {
      what: "a log forwarding without a limit",
      values: {
        logForwarding: {
          enabled: true,
          outputs: [{ name: "stdout" }],
          resources: { limits: null },
        },
      },
      expected: [["values.logForwarding.resources.limits.memory", /^missing/]],
    },
    {
      what: "a limit of none",
      values: {
        sidecars: [
          {
            ...sidecar,
            resources: { requests: sidecar.resources.requests, limits: { memory: "0Mi" } },
          },
        ],
      },
      expected: [
        [
          "values.sidecars[0].resources.limits.memory",
          /^found 0Mi, which is none, for the container proxy;/,
        ],
      ],
    },
    {
      what: "a StatefulSet without requests",
      values: extra("StatefulSet", {
        template: {
          metadata: labelled,
          spec: { ...pod, containers: [{ ...sidecar, resources: { limits: { memory: "1Gi" } } }] },
        },
      }),
      expected: [
        [
          "values.extraObjects[0].spec.template.spec.containers[0].resources.requests.memory",
          /^missing/,
        ],
        [
          "values.extraObjects[0].spec.template.spec.containers[0].resources.requests.cpu",
          /^missing/,
        ],
      ],
    },
    {
      what: "an ephemeral container, which can have none",
      values: extra(
        "Pod",
        { ...pod, ephemeralContainers: [{ name: "look", image: sidecar.image }] },
        "v1",
      ),
    },
  ],
  "enough-replicas": [
    {
      what: "one pod",
      values: { replicaCount: 1 },
      expected: [["replicas", /^found 1; set it to at least 2$/]],
    },
    { what: "a number that is not known", values: { replicaCount: unknown } },
    {
      what: "an autoscaler, whatever replicas says",
      values: { replicaCount: 1, autoscaling: { enabled: true } },
    },
    {
      what: "an autoscaler that may go down to one",
      values: { autoscaling: { enabled: true, minReplicas: 1 } },
      expected: [["values.autoscaling.minReplicas", /^found 1;/]],
    },
    {
      what: "KEDA, which by default goes down to none",
      values: { keda: { enabled: true, triggers: [{ type: "cpu", metadata: { value: "50" } }] } },
      expected: [["values.keda.minReplicaCount", /^found 0;/]],
    },
    {
      what: "further autoscalers of the model, and not those of others",
      values: {
        extraObjects: [
          {
            apiVersion: "autoscaling/v2",
            kind: "HorizontalPodAutoscaler",
            metadata: { name: "x" },
            spec: { scaleTargetRef: { kind: "Deployment", name: "wine-model-serving" } },
          },
          {
            apiVersion: "keda.sh/v1alpha1",
            kind: "ScaledObject",
            metadata: { name: "x" },
            spec: { scaleTargetRef: { name: "wine-model-serving" } },
          },
          {
            apiVersion: "keda.sh/v1alpha1",
            kind: "ScaledObject",
            metadata: { name: "y" },
            spec: { scaleTargetRef: { name: "others" } },
          },
        ],
      },
      expected: [
        ["values.extraObjects[0].spec.minReplicas", /^found 1;/],
        ["values.extraObjects[1].spec.minReplicaCount", /^found 0;/],
      ],
    },
  ],
  "disruption-budget": [
    {
      what: "none, as is the chart's default",
      values: { podDisruptionBudget: {} },
      expected: [["values.podDisruptionBudget.enabled", /^found false: .*; set it to true$/]],
    },
    {
      what: "one that forbids every drain",
      values: { podDisruptionBudget: { enabled: true, maxUnavailable: "0%" } },
      expected: [
        ["values.podDisruptionBudget.maxUnavailable", /^found 0%: no node .* at least 1$/],
      ],
    },
    {
      what: "one that lets all pods stay",
      values: { podDisruptionBudget: { enabled: true, minAvailable: "100%" } },
      expected: [["values.podDisruptionBudget.minAvailable", /^found 100%: no node/]],
    },
    {
      what: "a further one that forbids every drain",
      values: extra("PodDisruptionBudget", { maxUnavailable: 0 }, "policy/v1"),
      expected: [["values.extraObjects[0].spec.maxUnavailable", /^found 0: no node/]],
    },
    {
      what: "one by the pods that stay",
      values: { podDisruptionBudget: { enabled: true, minAvailable: 1, maxUnavailable: 0 } },
    },
  ],
  "pickle-pinned": [
    {
      what: "a model without sha256 that may be a pickle",
      values: { model: { name: "wine" } },
      expected: [["sha256", /^missing, and pickles are allowed; .* or allowPickle to false$/]],
    },
    { what: "a model without sha256 that may not", values: { model: { allowPickle: false } } },
    { what: "a sha256 that is not known", values: { model: { sha256: unknown } } },
    {
      what: "a canary without sha256 of its own",
      values: { model: { sha256 }, canary: { enabled: true, model: { version: "2" } } },
      expected: [
        ["values.canary.model.sha256", /^missing, .* or values\.canary\.model\.allowPickle/],
      ],
    },
    {
      what: "a canary that names no model: the chart gives it none of the stable one's",
      values: { model: { sha256 }, canary: { enabled: true, image: { tag: "2" } } },
      expected: [["values.canary.model.sha256", /^missing,/]],
    },
    {
      what: "a canary that alone may be a pickle",
      values: {
        model: { allowPickle: false },
        canary: { enabled: true, model: { version: "2", allowPickle: true } },
      },
      expected: [
        ["values.canary.model.sha256", /^missing, .* or values\.canary\.model\.allowPickle/],
      ],
    },
    {
      what: "a canary with a sha256 of its own",
      values: { model: { sha256 }, canary: { enabled: true, model: { version: "2", sha256 } } },
    },
    {
      what: "pickles allowed by a variable",
      values: {
        model: { allowPickle: false },
        env: [{ name: "MODEL_SERVER_ALLOW_PICKLE", value: "1" }],
      },
      expected: [["sha256", /^missing, .* or values\.env\[0\] to false$/]],
    },
    {
      what: "a sha256 taken away by a variable",
      values: { model: { sha256 }, env: [{ name: "MODEL_SERVER_MODEL_SHA256", value: "" }] },
      expected: [["values.env[0]", /^missing,/]],
    },
    {
      what: "a sha256 given by a variable",
      values: { env: [{ name: "MODEL_SERVER_MODEL_SHA256", value: sha256 }], model: {} },
    },
    {
      what: "a server of somebody's own, of whose model the image's digest tells",
      values: { model: {}, server: { kind: "own" } },
    },
    {
      what: "this package's server as the canary of another",
      values: {
        model: {},
        server: { kind: "own" },
        canary: { enabled: true, server: { kind: "model-server" }, model: { version: "2" } },
      },
      expected: [["values.canary.model.sha256", /^missing,/]],
    },
    {
      what: "a further server of the model's image, which allows them by default",
      values: extra("Deployment", {
        template: {
          metadata: labelled,
          spec: {
            ...pod,
            containers: [{ ...sidecar, image: `${good.image.repository}@${digest}` }],
          },
        },
      }),
      expected: [
        [
          "values.extraObjects[0].spec.template.spec.containers[0].env (MODEL_SERVER_MODEL_SHA256)",
          /^missing,/,
        ],
      ],
    },
  ],
  "no-pickle": [
    {
      what: "pickles allowed, as is the chart's default",
      values: { model: { sha256 } },
      expected: [["allowPickle", /^found true; save the model as \.ubj .* set it to false$/]],
    },
    {
      what: "pickles allowed to a canary alone",
      values: {
        model: { sha256, allowPickle: false },
        canary: { enabled: true, model: { version: "2", sha256, allowPickle: true } },
      },
      expected: [["values.canary.model.allowPickle", /^found true;/]],
    },
    {
      what: "pickles allowed to both, by one setting",
      values: { model: { sha256 }, canary: { enabled: true, model: { version: "2", sha256 } } },
      expected: [["allowPickle", /^found true;/]],
    },
    ...["true", "1", "True", "TRUE", ""].map((value) => ({
      what: `pickles allowed by a variable that is ${JSON.stringify(value)}`,
      values: withEnv({ name: "MODEL_SERVER_ALLOW_PICKLE", value }),
      expected: [["values.env[0]", /^found /]] as [string, RegExp][],
    })),
    ...["false", "0", "False"].map((value) => ({
      what: `pickles forbidden by a variable that is ${value}`,
      values: withEnv({ name: "MODEL_SERVER_ALLOW_PICKLE", value }),
    })),
    {
      what: "the last of two variables",
      values: withEnv(
        { name: "MODEL_SERVER_ALLOW_PICKLE", value: "false" },
        { name: "MODEL_SERVER_ALLOW_PICKLE", value: "true" },
      ),
      expected: [["values.env[1]", /^found true;/]],
    },
    {
      what: "a variable from a ConfigMap that is not the release's",
      values: withEnv({
        name: "MODEL_SERVER_ALLOW_PICKLE",
        valueFrom: { configMapKeyRef: { name: "tuning", key: "pickle" } },
      }),
      expected: [
        ["values.env[0]", /^found what ConfigMap tuning says, which a policy cannot see;/],
      ],
    },
    {
      what: "a variable made of another one",
      values: withEnv({ name: "MODEL_SERVER_ALLOW_PICKLE", value: "$(PICKLE)" }),
      expected: [["values.env[0]", /^found what another variable says/]],
    },
    {
      what: "a variable from a ConfigMap of the release, by what is in it",
      values: {
        ...withEnv({
          name: "MODEL_SERVER_ALLOW_PICKLE",
          valueFrom: { configMapKeyRef: { name: "tuning", key: "pickle" } },
        }),
        extraObjects: [
          {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "tuning" },
            data: { pickle: "false" },
          },
        ],
      },
    },
    {
      what: "envFrom beside the chart's own variable, which is the one that holds",
      values: {
        model: { allowPickle: false },
        envFrom: [{ configMapRef: { name: "tuning" } }],
        extraObjects: [
          {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "tuning" },
            data: { MODEL_SERVER_ALLOW_PICKLE: "true" },
          },
        ],
      },
    },
    ...[
      { from: { secretRef: { name: "tuning" } }, key: "MODEL_SERVER_ALLOW_PICKLE" },
      { from: { prefix: "MODEL_SERVER_", secretRef: { name: "tuning" } }, key: "ALLOW_PICKLE" },
    ].map(({ from, key }) => ({
      what: `a further server that is told by ${JSON.stringify(from)}`,
      values: {
        model: { allowPickle: false },
        extraObjects: [
          {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "tuning" },
            data: { [key]: Buffer.from("true").toString("base64") },
          },
          {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "x" },
            spec: {
              containers: [
                { ...sidecar, image: `${good.image.repository}@${digest}`, envFrom: [from] },
              ],
            },
          },
        ],
      },
      expected: [
        [
          "values.extraObjects[1].spec.containers[0].env (MODEL_SERVER_ALLOW_PICKLE)",
          /^found true;/,
        ],
      ] as [string, RegExp][],
    })),
    {
      what: "a further server that is told by a Secret which is not the release's",
      values: {
        model: { allowPickle: false },
        ...extra(
          "Pod",
          {
            containers: [
              {
                ...sidecar,
                image: `${good.image.repository}:2`,
                envFrom: [{ secretRef: { name: "tuning" } }],
              },
            ],
          },
          "v1",
        ),
      },
      expected: [
        [
          "values.extraObjects[0].spec.containers[0].env (MODEL_SERVER_ALLOW_PICKLE)",
          /^found what Secret tuning says/,
        ],
      ],
    },
    {
      what: "a sidecar of the server",
      values: {
        model: { allowPickle: false },
        sidecars: [{ ...sidecar, env: [{ name: "MODEL_SERVER_ALLOW_PICKLE", value: "true" }] }],
      },
      expected: [["values.sidecars[0].env[0]", /^found true;/]],
    },
  ],
  "pod-security": podSecurityCases(),
  "tls-on-ingress": [
    {
      what: "a public host without certificate",
      values: { ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] } },
      expected: [["ingress.tls", /^has no certificate for wine\.example\.com; add secretName/]],
    },
    {
      what: "a certificate for another host",
      values: {
        ingress: {
          ...good.ingress,
          hosts: [{ host: "wine.example.com" }, { host: "wine.example.org" }],
        },
      },
      expected: [["ingress.tls", /^has no certificate for wine\.example\.org;/]],
    },
    {
      what: "a certificate for a pattern",
      values: { ingress: { ...good.ingress, tls: [{ hosts: ["*.example.com"] }] } },
    },
    {
      what: "a pattern that reaches one level only",
      values: {
        ingress: {
          enabled: true,
          hosts: [{ host: "a.wine.example.com" }],
          tls: [{ hosts: ["*.example.com"] }],
        },
      },
      expected: [["ingress.tls", /a\.wine\.example\.com/]],
    },
    {
      what: "a certificate for all hosts",
      values: { ingress: { ...good.ingress, tls: [{ secretName: "all" }] } },
    },
    {
      what: "a host that only this machine resolves",
      values: { ingress: { enabled: true, hosts: [{ host: "wine.localhost" }] } },
    },
    {
      what: "a further Ingress without certificate, and one with",
      values: {
        extraObjects: [
          ...["wine.example.com", "wine.example.org"].map((host, index) => ({
            apiVersion: "networking.k8s.io/v1",
            kind: "Ingress",
            metadata: { name: `x${index}` },
            spec: { rules: [{ host }], tls: index === 0 ? [] : [{ hosts: [host] }] },
          })),
        ],
      },
      expected: [
        ["values.extraObjects[0].spec.tls", /^has no certificate for wine\.example\.com;/],
      ],
    },
    {
      what: "an Ingress in a list",
      values: {
        extraObjects: [
          {
            apiVersion: "v1",
            kind: "List",
            metadata: { name: "all" },
            items: [
              {
                apiVersion: "networking.k8s.io/v1",
                kind: "Ingress",
                metadata: { name: "i" },
                spec: { rules: [{ host: "a.example.com" }] },
              },
            ],
          },
        ],
      },
      expected: [["values.extraObjects[0].items[0].spec.tls", /a\.example\.com/]],
    },
    ...["False", "0", "f"].map((value) => ({
      what: `a redirect to TLS that is ${value}`,
      values: {
        ingress: {
          ...good.ingress,
          annotations: { "nginx.ingress.kubernetes.io/ssl-redirect": value },
        },
      },
      expected: [
        [`ingress.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]`, /remove it$/],
      ] as [string, RegExp][],
    })),
    {
      what: "a further Ingress for every host",
      values: extra("Ingress", { rules: [{ http: {} }] }, "networking.k8s.io/v1"),
      expected: [["values.extraObjects[0].spec.tls", /^has no certificate for \*;/]],
    },
    {
      what: "an ingress that is switched off",
      values: { ingress: { enabled: false, hosts: [{ host: "wine.example.com" }] } },
    },
    {
      what: "a redirect to TLS that is switched off",
      values: {
        ingress: {
          ...good.ingress,
          annotations: { "nginx.ingress.kubernetes.io/ssl-redirect": "false" },
        },
      },
      expected: [[`ingress.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]`, /remove it$/]],
    },
  ],
  "own-namespace": [
    {
      what: "the namespace default",
      values: {},
      namespace: "default",
      expected: [
        ["namespace", /^found default, which belongs to the cluster; name one for models$/],
      ],
    },
    {
      what: "a namespace of the system",
      values: {},
      namespace: "kube-system",
      expected: [["namespace", /^found kube-system,/]],
    },
    {
      what: "an object in a namespace of the system",
      values: {
        extraObjects: [
          {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "x", namespace: "kube-public" },
          },
        ],
      },
      expected: [["values.extraObjects[0].metadata.namespace", /^found kube-public,/]],
    },
    {
      what: "a namespace of the system by a template, in a list",
      values: {
        extraObjects: [
          {
            apiVersion: "v1",
            kind: "List",
            metadata: { name: "all" },
            items: [
              {
                apiVersion: "v1",
                kind: "ConfigMap",
                metadata: { name: "x", namespace: '{{ printf "kube-%s" "system" }}' },
              },
            ],
          },
        ],
      },
      expected: [["values.extraObjects[0].items[0].metadata.namespace", /^found kube-system,/]],
    },
    { what: "a namespace that is not known", values: {}, namespace: unknown },
    { what: "a namespace that only starts so", values: {}, namespace: "default-models" },
  ],
  labels: [
    {
      what: "none",
      values: { podLabels: {} },
      expected: [
        ["values.podLabels.team", /^missing; set it to who answers for the model/],
        ["values.podLabels.environment", /^missing; set it to where it runs/],
      ],
    },
    {
      what: "an empty one",
      values: { podLabels: { team: "", environment: "production" } },
      expected: [["values.podLabels.team", /^missing;/]],
    },
    {
      what: "labels of all objects",
      values: { podLabels: {}, commonLabels: good.podLabels },
    },
    {
      what: "a further workload without",
      values: extra("StatefulSet", { template: { spec: pod } }),
      expected: [
        ["values.extraObjects[0].spec.template.metadata.labels.team", /^missing;/],
        ["values.extraObjects[0].spec.template.metadata.labels.environment", /^missing;/],
      ],
    },
    {
      what: "a further pod that has them",
      values: extra("Pod", pod, "v1", { metadata: { name: "x", ...labelled } }),
    },
    {
      what: "a label that is not known",
      values: { podLabels: { team: unknown, environment: "x" } },
    },
  ],
};

describe("the policies", () => {
  it("have cases for every rule", () => {
    assert.deepEqual(
      rules.map(({ name }) => name),
      Object.keys(cases),
    );
  });

  it("find nothing wrong with a good release", () => {
    for (const { name } of rules) {
      assert.deepEqual(violations(name, {}), [], name);
    }
  });

  for (const [rule, examples] of Object.entries(cases)) {
    for (const example of examples) {
      const { what, expected = [] } = example;
      const find = joined(rule, example);
      it(`${rule} ${expected.length > 0 ? "reports" : "accepts"} ${what}`, () => {
        const found = find();
        assert.deepEqual(
          found.map(({ setting }) => setting),
          expected.map(([setting]) => setting),
        );
        expected.forEach(([, message], index) => {
          assert.match(found[index]?.message ?? "", message);
        });
      });
    }
  }

  const baseImages: [baseImage: unknown, isReported: boolean][] = [
    ["python:latest", true],
    ["localhost:5001/python", true],
    ["python:3.13-slim", false],
    [`python@${digest}`, false],
    [unknown, false],
    [undefined, false],
  ];
  for (const [baseImage, isReported] of baseImages) {
    it(`no-latest ${isReported ? "reports" : "accepts"} the base image ${String(baseImage)}`, () => {
      const check = rules.find(({ name }) => name === "no-latest")?.build;
      const found = check?.({ reference: "wine:1.0.0", baseImage }) ?? [];
      assert.deepEqual(
        found.map(({ setting }) => setting),
        isReported ? ["image.baseImage"] : [],
      );
    });
  }
});
