import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";

const replicas = (values: Values) => at(only(render(values), "Deployment"), "spec.replicas");

describe("chart: scaling", () => {
  it("is by hand by default", () => {
    assert.equal(replicas({ replicaCount: 3 }), 3);
    for (const kind of ["HorizontalPodAutoscaler", "ScaledObject", "PodDisruptionBudget"]) {
      assert.deepEqual(ofKind(render(), kind), []);
    }
  });

  describe("HorizontalPodAutoscaler", () => {
    const scaler = (autoscaling: Values = {}) =>
      only(render({ autoscaling: { enabled: true, ...autoscaling } }), "HorizontalPodAutoscaler");

    it("keeps the number of pods within its limits", () => {
      const created = scaler({ minReplicas: 3, maxReplicas: 9 });
      assert.equal(at(created, "spec.minReplicas"), 3);
      assert.equal(at(created, "spec.maxReplicas"), 9);
    });

    it("owns the number of pods: the Deployment says the fewest where no cluster tells how many there are", () => {
      const autoscaling = { enabled: true, minReplicas: 3 };
      assert.equal(replicas({ replicaCount: 5, autoscaling }), 3);
      assert.equal(replicas({ replicaCount: 1, autoscaling }), 3);
      assert.equal(replicas({ replicaCount: 5, autoscaling, keepReplicas: false }), undefined);
      assert.deepEqual(at(scaler(), "spec.scaleTargetRef"), {
        apiVersion: "apps/v1",
        kind: "Deployment",
        name: "demo-model-serving",
      });
    });

    it("aims at the CPU of the server's container alone", () => {
      assert.deepEqual(at(scaler(), "spec.metrics"), [
        {
          type: "ContainerResource",
          containerResource: {
            name: "cpu",
            container: "server",
            target: { type: "Utilization", averageUtilization: 70 },
          },
        },
      ]);
    });

    it("takes memory, further metrics and behaviour", () => {
      const own = {
        type: "Pods",
        pods: {
          metric: { name: "requests_per_second" },
          target: { type: "AverageValue", averageValue: "100" },
        },
      };
      const behavior = { scaleDown: { stabilizationWindowSeconds: 600 } };
      const created = scaler({
        targetCPUUtilizationPercentage: null,
        targetMemoryUtilizationPercentage: 80,
        metrics: [own],
        behavior,
      });
      const metrics = at(created, "spec.metrics") as unknown[];
      assert.equal(metrics.length, 2);
      assert.equal(at(metrics[0], "containerResource.name"), "memory");
      assert.deepEqual(metrics[1], own);
      assert.deepEqual(at(created, "spec.behavior"), behavior);
    });
  });

  describe("ScaledObject", () => {
    const triggers = [
      {
        type: "prometheus",
        metadata: { serverAddress: "http://prometheus", query: "q", threshold: "10" },
      },
    ];
    const keda = { enabled: true, triggers };

    it("owns the number of pods, down to none, but for the first that shows whether the model starts", () => {
      assert.equal(replicas({ keda }), 1);
      assert.equal(replicas({ keda: { ...keda, minReplicaCount: 4 } }), 4);
      assert.equal(replicas({ keda, keepReplicas: false }), undefined);
      const created = only(render({ keda }), "ScaledObject");
      assert.equal(at(created, "spec.scaleTargetRef.name"), "demo-model-serving");
      assert.equal(at(created, "spec.minReplicaCount"), 0);
      assert.deepEqual(at(created, "spec.triggers"), triggers);
      assert.equal(at(created, "spec.fallback"), undefined);
    });

    it("takes limits, times, a fallback and further settings", () => {
      const settings = {
        minReplicaCount: 1,
        maxReplicaCount: 7,
        pollingInterval: 15,
        cooldownPeriod: 60,
        fallback: { failureThreshold: 3, replicas: 2 },
        advanced: { restoreToOriginalReplicaCount: true },
      };
      const { spec } = only(render({ keda: { ...keda, ...settings } }), "ScaledObject");
      for (const [key, value] of Object.entries(settings)) {
        assert.deepEqual(at(spec, key), value);
      }
    });

    it("is refused with a trigger that names no type", () => {
      assert.match(
        refusal({ keda: { enabled: true, triggers: [{ metadata: {} }] } }),
        /keda[./]triggers[./]0.*type/s,
      );
    });
  });

  describe("PodDisruptionBudget", () => {
    const budget = (values: Values = {}) =>
      only(
        render({ replicaCount: 3, podDisruptionBudget: { enabled: true, ...values } }),
        "PodDisruptionBudget",
      );

    it("lets a drain take one stable pod at a time, and any that is not ready", () => {
      assert.deepEqual(at(budget(), "spec"), {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: at(only(render(), "Deployment"), "spec.selector.matchLabels") },
      });
    });

    it("takes a least number of pods instead", () => {
      const spec = at(budget({ minAvailable: "50%" }), "spec") as object;
      assert.equal(at(spec, "minAvailable"), "50%");
      assert.ok(!("maxUnavailable" in spec));
    });

    it("is refused with a number that is no per cent", () => {
      assert.match(
        refusal({ podDisruptionBudget: { enabled: true, minAvailable: "half" } }),
        /podDisruptionBudget[./]minAvailable/,
      );
    });
  });
});
