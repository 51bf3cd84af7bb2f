import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chartFolder, refusal, render, type Values } from "./helm";

interface Case {
  it: string;
  values: Values;
  says: RegExp;
  /** The remedy that the message names, applied: the chart must take these values. */
  remedied: Values;
}

const cases: Case[] = [
  {
    it: "a grace period that ends before the drain does",
    values: { shutdown: { delaySeconds: 10, drainSeconds: 30 } },
    says: /shutdown\.gracePeriodSeconds is 30, .* take 40, .*raise gracePeriodSeconds to at least 40/,
    remedied: { shutdown: { delaySeconds: 10, drainSeconds: 30, gracePeriodSeconds: 40 } },
  },
  {
    it: "a start that may take longer than the rollout",
    values: { probes: { startup: { periodSeconds: 10, failureThreshold: 60 } } },
    says: /probes\.startup allows 600 s .* after 300 s: raise progressDeadlineSeconds/,
    remedied: {
      probes: { startup: { periodSeconds: 10, failureThreshold: 60 } },
      progressDeadlineSeconds: 700,
    },
  },
  {
    it: "a rollout that can replace no pod",
    values: { strategy: { rollingUpdate: { maxSurge: 0 } } },
    says: /strategy\.rollingUpdate\.maxUnavailable and maxSurge are both 0.*raise one/,
    remedied: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
  },
  {
    it: "Recreate together with settings of a rolling update",
    values: { strategy: { type: "Recreate", rollingUpdate: { maxSurge: 2 } } },
    says: /strategy\.rollingUpdate is set, but has no meaning with strategy\.type=Recreate .*: remove it/,
    remedied: { strategy: { type: "Recreate" } },
  },
  {
    it: "pods that must stay ready longer than the rollout may stand still",
    values: { minReadySeconds: 300 },
    says: /progressDeadlineSeconds is 300 and must be greater than minReadySeconds \(300\): raise it/,
    remedied: { minReadySeconds: 300, progressDeadlineSeconds: 600 },
  },
  {
    it: "two hooks before the end",
    values: { lifecycle: { preStop: { sleep: { seconds: 1 } } }, shutdown: { preStopSeconds: 1 } },
    says: /lifecycle\.preStop and shutdown\.preStopSeconds are both set.*remove one/,
    remedied: { shutdown: { preStopSeconds: 1 } },
  },
  {
    it: "two autoscalers",
    values: {
      autoscaling: { enabled: true },
      keda: { enabled: true, triggers: [{ type: "cpu", metadata: {} }] },
    },
    says: /autoscaling and keda are both enabled.*disable one/,
    remedied: { keda: { enabled: true, triggers: [{ type: "cpu", metadata: {} }] } },
  },
  {
    it: "an autoscaler whose fewest pods are more than the most",
    values: { autoscaling: { enabled: true, minReplicas: 6 } },
    says: /autoscaling\.minReplicas \(6\) is above autoscaling\.maxReplicas \(5\)/,
    remedied: { autoscaling: { enabled: true, minReplicas: 6, maxReplicas: 6 } },
  },
  {
    it: "an autoscaler with nothing to aim at",
    values: { autoscaling: { enabled: true, targetCPUUtilizationPercentage: null } },
    says: /autoscaling has nothing to aim at: set autoscaling\.targetCPU/,
    remedied: { autoscaling: { enabled: true, targetCPUUtilizationPercentage: 50 } },
  },
  {
    it: "an autoscaler that aims at per cent of nothing",
    values: {
      autoscaling: { enabled: true },
      resources: { requests: { cpu: null }, limits: { cpu: null } },
    },
    says: /per cent of the cpu request, but resources\.requests\.cpu is not set: set it/,
    remedied: {
      autoscaling: { enabled: true },
      resources: { requests: { cpu: "1" }, limits: { cpu: null } },
    },
  },
  {
    it: "KEDA whose fewest pods are more than the most",
    values: {
      keda: { enabled: true, minReplicaCount: 9, triggers: [{ type: "cpu", metadata: {} }] },
    },
    says: /keda\.minReplicaCount \(9\) is above keda\.maxReplicaCount \(5\)/,
    remedied: {
      keda: { enabled: true, minReplicaCount: 5, triggers: [{ type: "cpu", metadata: {} }] },
    },
  },
  {
    it: "KEDA without a trigger",
    values: { keda: { enabled: true } },
    says: /keda\.triggers is empty.*add a trigger/,
    remedied: { keda: { enabled: true, triggers: [{ type: "cpu", metadata: {} }] } },
  },
  {
    it: "a budget that keeps the only pod",
    values: { podDisruptionBudget: { enabled: true, minAvailable: 1 } },
    says: /podDisruptionBudget\.minAvailable \(1\) keeps all of 1 pods.*run more pods/,
    remedied: { replicaCount: 2, podDisruptionBudget: { enabled: true, minAvailable: 1 } },
  },
  {
    it: "a budget in per cent that keeps every pod",
    values: { replicaCount: 3, podDisruptionBudget: { enabled: true, minAvailable: "67%" } },
    says: /podDisruptionBudget\.minAvailable \(67%\) keeps all of 3 pods/,
    remedied: { replicaCount: 3, podDisruptionBudget: { enabled: true, minAvailable: "66%" } },
  },
  {
    it: "a budget that keeps the fewest pods of an autoscaler",
    values: {
      autoscaling: { enabled: true, minReplicas: 2 },
      podDisruptionBudget: { enabled: true, minAvailable: 2 },
    },
    says: /podDisruptionBudget\.minAvailable \(2\) keeps all of 2 pods/,
    remedied: {
      autoscaling: { enabled: true, minReplicas: 3 },
      podDisruptionBudget: { enabled: true, minAvailable: 2 },
    },
  },
  {
    it: "a budget that lets no pod go",
    values: { podDisruptionBudget: { enabled: true, maxUnavailable: "0%" } },
    says: /podDisruptionBudget\.maxUnavailable is 0%.*raise it to at least 1/,
    remedied: { podDisruptionBudget: { enabled: true, maxUnavailable: "25%" } },
  },
  {
    it: "a budget that says nothing",
    values: { podDisruptionBudget: { enabled: true, maxUnavailable: null } },
    says: /podDisruptionBudget sets neither minAvailable nor maxUnavailable: set one/,
    remedied: { podDisruptionBudget: { enabled: true, maxUnavailable: 1 } },
  },
  {
    it: "pods that Prometheus would count twice",
    values: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } },
    says: /serviceMonitor and podMonitor are both enabled.*disable one/,
    remedied: { podMonitor: { enabled: true } },
  },
  {
    it: "a resource that does not exist",
    values: { resources: { limits: { cpus: 1 } } },
    says: /resources\.limits\.cpus is no resource that Kubernetes knows: use cpu/,
    remedied: { resources: { limits: { cpu: 1, "nvidia.com/gpu": 1 } } },
  },
  {
    it: "a request above the limit that is left at its default",
    values: { resources: { requests: { cpu: "2" } } },
    says: /resources\.requests\.cpu \(2\) is above resources\.limits\.cpu \(500m\): raise the limit/,
    remedied: { resources: { requests: { cpu: "2" }, limits: { cpu: null } } },
  },
  {
    it: "a request above the limit in another unit",
    values: { resources: { requests: { memory: "1.1Gi" }, limits: { memory: "1G" } } },
    says: /resources\.requests\.memory \(1\.1Gi\) is above resources\.limits\.memory \(1G\)/,
    remedied: { resources: { requests: { memory: "1024Mi" }, limits: { memory: "1Gi" } } },
  },
  {
    it: "a request of the download above its limit",
    values: { model: { uri: { resources: { requests: { cpu: 1 } } } } },
    says: /model\.uri\.resources\.requests\.cpu \(1\) is above model\.uri\.resources\.limits\.cpu/,
    remedied: { model: { uri: { resources: { requests: { cpu: 0.5 } } } } },
  },
  {
    it: "a sidecar by the server's name",
    values: { sidecars: [{ name: "server" }] },
    says: /sidecars\[0\]\.name is server, .*choose another/,
    remedied: { sidecars: [{ name: "proxy" }] },
  },
  {
    it: "a volume by the name of the chart's own",
    values: { volumes: [{ name: "tmp", emptyDir: {} }] },
    says: /volumes\[0\]\.name is tmp.*choose another/,
    remedied: { volumes: [{ name: "scratch", emptyDir: {} }] },
  },
  {
    it: "a mount of no volume",
    values: { volumeMounts: [{ name: "cache", mountPath: "/cache" }] },
    says: /volumeMounts\[0\]\.name is cache, but there is no such volume: add it to volumes/,
    remedied: {
      volumes: [{ name: "cache", emptyDir: {} }],
      volumeMounts: [{ name: "cache", mountPath: "/cache" }],
    },
  },
];

describe("chart: combinations that cannot work", () => {
  for (const { it: what, values, says, remedied } of cases) {
    it(`refuses ${what}, and takes the remedy`, () => {
      assert.match(refusal(values), says);
      render(remedied);
    });
  }

  it("refuses null for a value that the chart needs, by its path", () => {
    const message = refusal({ shutdown: null, image: { tag: null }, probes: { liveness: null } });
    for (const path of ["shutdown", "image.tag", "probes.liveness"]) {
      assert.match(message, new RegExp(`- ${path} is missing: leave the key out`));
    }
    assert.doesNotMatch(message, /shutdown\./);
  });

  it("never stops at null with a message that names no path", () => {
    const needed = JSON.parse(
      readFileSync(join(chartFolder, "files/needed-values.json"), "utf8"),
    ) as string[];
    const values: Values = {};
    for (const path of needed.filter((candidate) => !candidate.includes("."))) {
      values[path] = null;
    }
    const message = refusal(values);
    for (const path of Object.keys(values)) {
      assert.ok(message.includes(`- ${path} is missing`), path);
    }
  });

  it("are all told at once", () => {
    const message = refusal({ shutdown: { delaySeconds: 60 }, ingress: { enabled: true } });
    assert.match(message, /shutdown\.gracePeriodSeconds/);
    assert.match(message, /ingress\.hosts/);
  });
});
