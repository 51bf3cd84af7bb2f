import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { at, chartFolder, ofKind, only, refusal, render, type Values } from "./helm";

const removable = JSON.parse(
  readFileSync(join(chartFolder, "files/removable-values.json"), "utf8"),
) as string[];

/** Values that hold one of another at a path; `*` is a resource. */
const valuesWith = (path: string, value: unknown): Values =>
  path
    .split(".")
    .reduceRight<unknown>(
      (inner, key) => ({ [key === "*" ? "cpu" : key]: inner }),
      value,
    ) as Values;

const isMap = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const merged = (below: Values, above: Values): Values => ({
  ...below,
  ...Object.fromEntries(
    Object.entries(above).map(([key, value]) => {
      const own = below[key];
      return [key, isMap(own) && isMap(value) ? merged(own, value) : value];
    }),
  ),
});

const deployment = (values: Values) => only(render(values), "Deployment");
const server = (values: Values, path: string) =>
  at(deployment(values), `spec.template.spec.containers.0.${path}`);

describe("chart: none", () => {
  it("takes away what null takes away, with the same outcome", () => {
    const metric = { name: "queue" };
    const target = { type: "Value", value: "1" };
    const beside: Values = {
      model: {
        source: "uri",
        sha256: "a".repeat(64),
        uri: { location: "https://example.com/model.ubj" },
      },
      autoscaling: {
        enabled: true,
        metrics: [{ type: "External", external: { metric, target } }],
      },
      podDisruptionBudget: { enabled: true, minAvailable: "50%" },
      dashboard: { enabled: true },
    };
    // One of the two that a budget can have must stay.
    const paths = removable.filter((path) => path !== "podDisruptionBudget.minAvailable");
    const [none, nothing] = ["none", null].map((value) =>
      render(
        paths
          .filter((path) => !path.startsWith("canary."))
          .map((path) => valuesWith(path, value))
          .reduce(merged, beside),
      ),
    );
    assert.deepEqual(none, nothing);
    assert.ok(!JSON.stringify(none).includes('"none"'));
  });

  it("is known for every limit, request, target and default that a map of Kubernetes' has", () => {
    for (const path of [
      "resources.limits.*",
      "resources.requests.*",
      "model.uri.resources.limits.*",
      "logForwarding.resources.limits.*",
      "autoscaling.targetCPUUtilizationPercentage",
      "strategy.rollingUpdate",
      "podSecurityContext.runAsUser",
      "securityContext.capabilities",
      "dashboard.labels.grafana_dashboard",
      "canary.server.missingMarker",
    ]) {
      assert.ok(removable.includes(path), path);
    }
  });

  it("is no limit of the CPU, while the memory's stays", () => {
    assert.deepEqual(server({ resources: { limits: { cpu: "none" } } }, "resources"), {
      requests: { cpu: "250m", memory: "256Mi" },
      limits: { memory: "512Mi" },
    });
    // What it leaves is checked as ever.
    assert.match(
      refusal({ resources: { limits: { cpu: "none" }, requests: { memory: "1Gi" } } }),
      /resources\.requests\.memory \(1Gi\) is above .*: raise the limit, or set it to none/,
    );
    assert.match(
      refusal({
        autoscaling: { enabled: true },
        resources: { limits: { cpu: "none" }, requests: { cpu: "none" } },
      }),
      /resources\.requests\.cpu is not set/,
    );
  });

  it("leaves the user's id to the cluster, as OpenShift wants it", () => {
    const none = { runAsUser: "none", runAsGroup: "none" };
    assert.deepEqual(
      at(deployment({ podSecurityContext: none }), "spec.template.spec.securityContext"),
      { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    );
  });

  it("is no target of the autoscaler", () => {
    const autoscaling = {
      enabled: true,
      targetCPUUtilizationPercentage: "none",
      targetMemoryUtilizationPercentage: 80,
    };
    const metrics = at(only(render({ autoscaling }), "HorizontalPodAutoscaler"), "spec.metrics");
    assert.deepEqual(
      (metrics as unknown[]).map((metric) => at(metric, "containerResource.name")),
      ["memory"],
    );
    assert.match(
      refusal({ autoscaling: { enabled: true, targetCPUUtilizationPercentage: "none" } }),
      /autoscaling has nothing to aim at/,
    );
  });

  it("takes a setting of a canary's server back to the server's own", () => {
    const manifests = render({
      ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] },
      server: { missingMarker: -1, maxRows: 5 },
      canary: { enabled: true, server: { missingMarker: "none" } },
    });
    const names = ofKind(manifests, "Deployment").map((manifest) =>
      (at(manifest, "spec.template.spec.containers.0.env") as { name: string }[])
        .map(({ name }) => name)
        .filter((name) => /MISSING_MARKER|MAX_ROWS/.test(name)),
    );
    assert.deepEqual(names, [
      ["MODEL_SERVER_MAX_ROWS", "MODEL_SERVER_MISSING_MARKER"],
      ["MODEL_SERVER_MAX_ROWS"],
    ]);
  });

  it("is refused where nothing can be taken away, and so is any other word", () => {
    for (const path of [
      "replicaCount",
      "service.port",
      "image.pullPolicy",
      "shutdown.drainSeconds",
    ]) {
      assert.match(refusal(valuesWith(path, "none")), new RegExp(path.replace(".", "[./]")), path);
    }
    for (const path of ["autoscaling.targetCPUUtilizationPercentage", "server.maxRows"]) {
      assert.match(refusal(valuesWith(path, "off")), new RegExp(path.replace(".", "[./]")), path);
    }
  });
});

describe("chart: strategy Recreate", () => {
  it("needs no word about the default of a rolling update", () => {
    assert.deepEqual(at(deployment({ strategy: { type: "Recreate" } }), "spec.strategy"), {
      type: "Recreate",
    });
  });
});
