import assert from "node:assert/strict";
import { readEvents } from "../../review/events";
import { modelsOf, otherChanges } from "../../review/models";

const digest = `sha256:${"d".repeat(64)}`;

const urn = (types: string, name: string) => `urn:pulumi:prod::model-deployment::${types}::${name}`;
const release = (name: string) =>
  urn("model-deployment:index:ModelDeployment$kubernetes:helm.sh/v3:Release", name);
const image = (name: string) =>
  urn("model-deployment:index:ServingImage$docker-build:index:Image", name);

function step(op: string, urn: string, before?: object, after?: object, detailedDiff?: object) {
  const state = (inputs?: object) => inputs && { inputs };
  return {
    resourcePreEvent: {
      metadata: { op, urn, old: state(before), new: state(after), detailedDiff },
    },
  };
}

/** Inputs of a release as the engine shows them. */
function inputs(version: string, values: object = {}) {
  return {
    name: "wine",
    namespace: "models",
    chart: "./chart",
    version: "0.1.0",
    values: {
      model: { name: "wine", version, sha256: "b".repeat(64) },
      image: { repository: "ghcr.io/acme/wine", tag: version, digest },
      replicaCount: 2,
      global: { chartFingerprint: "0123456789ab" },
      ...values,
    },
  };
}

const log = (...events: object[]) => `${events.map((event) => JSON.stringify(event)).join("\n")}\n`;

describe("the events of a preview", () => {
  it("tell a model's facts before and after", () => {
    const after = inputs("2.0.0", {
      image: { repository: "ghcr.io/acme/wine", tag: "2.0.0" },
      replicaCount: 3,
    });
    const preview = readEvents(
      log(
        step("update", image("wine"), {}, { tags: ["ghcr.io/acme/wine:2.0.0"] }),
        step("update", release("wine"), inputs("1.0.0"), after, { "values.model.version": {} }),
      ),
    );
    const [model] = modelsOf(preview);
    assert.equal(model?.change, "update");
    assert.equal(model?.isBuilt, true);
    assert.deepEqual(model?.before, {
      version: "1.0.0",
      sha256: "b".repeat(64),
      image: `ghcr.io/acme/wine:1.0.0@${digest}`,
      replicas: "2",
      chart: "0.1.0 (0123456789ab)",
    });
    assert.deepEqual(model?.after, {
      version: "2.0.0",
      sha256: "b".repeat(64),
      image: "ghcr.io/acme/wine:2.0.0, will be built",
      replicas: "3",
      chart: "0.1.0 (0123456789ab)",
    });
  });

  it("do not take an image without digest for one that will be built", () => {
    const unpinned = inputs("1.0.0", { image: { repository: "ghcr.io/acme/wine", tag: "1.0.0" } });
    const preview = readEvents(
      log(
        step("same", image("wine"), {}, { tags: ["ghcr.io/acme/wine:1.0.0"] }),
        step("create", release("wine"), undefined, unpinned),
      ),
    );
    assert.equal(modelsOf(preview)[0]?.after?.image, "ghcr.io/acme/wine:1.0.0");
  });

  it("tell what an autoscaler makes of the number of pods", () => {
    const scaled = inputs("1.0.0", {
      autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 12 },
    });
    const [model] = modelsOf(readEvents(log(step("create", release("wine"), undefined, scaled))));
    assert.equal(model?.after?.replicas, "3 to 12 (autoscaling)");
    assert.equal(model?.before, undefined);
  });

  it("make one change of the several steps of a replacement", () => {
    const moved = { ...inputs("1.0.0"), namespace: "elsewhere" };
    const steps = ["create-replacement", "replace", "delete-replaced"].map((op) =>
      step(op, release("wine"), inputs("1.0.0"), op === "delete-replaced" ? undefined : moved),
    );
    const models = modelsOf(readEvents(log(...steps)));
    assert.equal(models.length, 1);
    assert.equal(models[0]?.change, "replace");
    assert.equal(models[0]?.namespace, "elsewhere");
  });

  it("tell of a model that is gone, and of one that stays", () => {
    const preview = readEvents(
      log(
        step("delete", release("wine"), inputs("1.0.0")),
        step("same", release("iris"), inputs("1.0.0"), inputs("1.0.0")),
      ),
    );
    assert.deepEqual(
      modelsOf(preview).map(({ name, change, after }) => [name, change, after === undefined]),
      [
        ["iris", "none", false],
        ["wine", "delete", true],
      ],
    );
  });

  it("tell which settings of the release itself change", () => {
    const changed = { timeout: {}, "values.model.version": {}, description: {} };
    const events = log(step("update", release("wine"), inputs("1.0.0"), inputs("2.0.0"), changed));
    assert.deepEqual(modelsOf(readEvents(events))[0]?.otherInputs, ["timeout"]);
  });

  it("tell what else changes, but not what only stands for other resources", () => {
    const preview = readEvents(
      log(
        step("create", image("wine"), undefined, {}),
        step("create", urn("pulumi:pulumi:Stack", "model-deployment-prod"), undefined, {}),
        step("create", urn("model-deployment:index:ModelDeployment", "wine"), undefined, {}),
        step("create", urn("pulumi:providers:kubernetes", "default_4_25_0"), undefined, {}),
        step("delete", urn("kubernetes:core/v1:ConfigMap", "iris-model-1"), {}),
        step("same", urn("kubernetes:core/v1:Namespace", "models"), {}, {}),
      ),
    );
    assert.deepEqual(otherChanges(preview), [
      { type: "ConfigMap", name: "iris-model-1", op: "delete" },
      { type: "image", name: "wine", op: "create" },
    ]);
  });

  it("tell errors and warnings once and without colours", () => {
    const error = {
      diagnosticEvent: {
        severity: "error",
        message: "<{%reset%}>\u001b[31mbad\u001b[0m<{%reset%}>\n",
      },
    };
    const preview = readEvents(
      log(
        error,
        error,
        { diagnosticEvent: { severity: "warning", message: "old" } },
        { diagnosticEvent: { severity: "info", message: "busy" } },
        { diagnosticEvent: { severity: "warning", message: "passing", ephemeral: true } },
      ),
    );
    assert.deepEqual(preview.diagnostics, [
      { severity: "error", message: "bad" },
      { severity: "warning", message: "old" },
    ]);
  });

  it("tell what policies say, without their description", () => {
    const preview = readEvents(
      log(
        {
          policyEvent: {
            policyName: "labels",
            enforcementLevel: "mandatory",
            message: "Pods have labels.\nmodels.wine.values.podLabels.team: missing",
          },
        },
        {
          policyAnalyzeSummaryEvent: {
            resourceUrn: release("wine"),
            passed: ["no-latest"],
            failed: ["labels"],
          },
        },
        {
          policyAnalyzeSummaryEvent: {
            resourceUrn: urn("pulumi:providers:kubernetes", "default"),
            passed: ["tls-on-ingress"],
          },
        },
      ),
    );
    assert.deepEqual(preview.violations, [
      {
        policy: "labels",
        isMandatory: true,
        message: "models.wine.values.podLabels.team: missing",
      },
    ]);
    assert.deepEqual(preview.policies, ["labels", "no-latest"]);
  });
});
