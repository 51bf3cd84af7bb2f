import assert from "node:assert/strict";
import { effectiveValues } from "../../policy/chartDefaults";
import { unknown } from "../../policy/known";
import type { Violation } from "../../policy/rule";
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

const sidecar = {
  name: "proxy",
  image: `ghcr.io/acme/proxy:1.0.0@${digest}`,
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "16Mi" } },
};

function violations(rule: string, given: Values, namespace: unknown = "models"): Violation[] {
  const check = rules.find(({ name }) => name === rule)?.release;
  assert.ok(check, `there is no rule ${rule} about releases`);
  const values = effectiveValues("chart", { ...good, ...given });
  return check({ model: "wine", name: "wine", namespace, values });
}

interface Case {
  what: string;
  values: Values;
  namespace?: unknown;
  /** What is reported: setting and message. None: the rule holds. */
  expected?: [setting: string, message: RegExp][];
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
      what: "a digest that is none",
      values: { image: { repository: "wine", tag: "1", digest: "<none>" } },
      expected: [["image", /^found wine:1,/]],
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
      what: "a canary with the image of the stable model",
      values: { canary: { enabled: true, model: { version: "2.0.0", sha256 } } },
    },
    {
      what: "a canary that is switched off",
      values: { canary: { enabled: false, image: { tag: "2.0.0" } } },
    },
    {
      what: "a download by an image that is not pinned",
      values: { model: { source: "uri", uri: { image: { repository: "fetcher", tag: "1" } } } },
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
        ["resources.limits.memory", /^missing; set it to what was measured, such as 512Mi$/],
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
      values: { model: { source: "uri", uri: { resources: { limits: null } } } },
      expected: [["source.uri.resources.limits.memory", /^missing;/]],
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
      values: { keda: { enabled: true } },
      expected: [["values.keda.minReplicaCount", /^found 0;/]],
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
      what: "a canary with the stable model",
      values: { model: { sha256 }, canary: { enabled: true, image: { tag: "2" } } },
    },
  ],
  "no-pickle": [
    {
      what: "pickles allowed, as is the chart's default",
      values: { model: { sha256 } },
      expected: [["allowPickle", /^found true; save the model as \.ubj .* set it to false$/]],
    },
  ],
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
    for (const { name } of rules) assert.deepEqual(violations(name, {}), [], name);
  });

  for (const [rule, examples] of Object.entries(cases)) {
    for (const { what, values, namespace, expected = [] } of examples) {
      it(`${rule} ${expected.length > 0 ? "reports" : "accepts"} ${what}`, () => {
        const found = violations(rule, values, namespace);
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
