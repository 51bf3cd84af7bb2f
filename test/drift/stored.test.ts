/** What is read of Helm's manifests, of Pulumi's state, and of who wrote what. */
import * as assert from "node:assert/strict";
import { hasScaler, readManifest } from "../../drift/helmStore";
import { roleOf } from "../../drift/managedFields";
import { deployedIn } from "../../drift/stackState";

const release = { name: "wine", namespace: "models" };

describe("what Helm stored", () => {
  it("is read with what Helm itself adds, lists by their items", () => {
    const [first, second, ...others] = readManifest(
      [
        "---\n# nothing but a comment",
        "apiVersion: v1\nkind: Service\nmetadata: { name: a, labels: { team: b } }",
        "apiVersion: v1\nkind: List\nitems: [{ apiVersion: v1, kind: Service, metadata: { name: c } }]",
      ].join("\n---\n"),
      release,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(first?.metadata, {
      name: "a",
      labels: { team: "b", "app.kubernetes.io/managed-by": "Helm" },
      annotations: {
        "meta.helm.sh/release-name": "wine",
        "meta.helm.sh/release-namespace": "models",
      },
    });
    assert.equal(second?.metadata.name, "c");
  });

  it("has the texts of a Secret as the cluster keeps them", () => {
    const [secret] = readManifest(
      "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata: { b: Yg== }\nstringData: { c: d }",
      release,
    );
    assert.deepEqual(secret?.data, { b: "Yg==", c: "ZA==" });
    assert.equal(secret?.stringData, undefined);
  });

  it("tells whose number of pods an autoscaler owns: an HPA, or KEDA", () => {
    const manifest = (scaler: string) =>
      readManifest(
        `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: wine }\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: canary }\n---\n${scaler}`,
        release,
      );
    for (const scaler of [
      "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: x }\nspec: { scaleTargetRef: { kind: Deployment, name: wine } }",
      "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: x }\nspec: { scaleTargetRef: { name: wine } }",
    ]) {
      const objects = manifest(scaler);
      const scaled = objects.filter((object) => hasScaler(object, objects));
      assert.deepEqual(
        scaled.map(({ metadata }) => metadata.name),
        ["wine"],
      );
    }
  });
});

describe("who wrote a field", () => {
  const [spec, metadata] = [
    ["spec", "replicas"],
    ["metadata", "labels", "a"],
  ];

  it("is whoever deploys, a controller or a person, by the program's name", () => {
    for (const [manager, role] of [
      ["helm", "deployer"],
      ["pulumi-resource-kubernetes", "deployer"],
      ["pulumi-kubernetes-0a1b2c3d", "deployer"],
      ["kube-controller-manager", "controller"],
      ["keda-operator", "controller"],
      ["keda", "controller"],
      ["nginx-ingress-controller", "controller"],
      ["manager", "controller"],
      ["kubectl-edit", "person"],
      ["kubectl", "person"],
      ["Mozilla", "person"],
      ["some-script", "person"],
    ] as const) {
      assert.equal(roleOf({ manager }, spec), role, manager);
    }
  });

  it("is nobody's business in labels, unless it is known for a person's tool", () => {
    assert.equal(roleOf({ manager: "some-program" }, metadata), "controller");
    assert.equal(roleOf({ manager: "kubectl-label" }, metadata), "person");
  });

  it("is an autoscaler where the number of pods was set as such, unless by kubectl scale", () => {
    assert.equal(roleOf({ manager: "custom", subresource: "scale" }, spec), "controller");
    assert.equal(roleOf({ manager: "kubectl", subresource: "scale" }, spec), "person");
  });
});

describe("what a stack has deployed", () => {
  const mark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const secret = { ...mark, ciphertext: "v1:abc" };
  const provider = (name: string, inputs: object) => ({
    urn: `urn:pulumi:prod::p::pulumi:providers:kubernetes::${name}`,
    type: "pulumi:providers:kubernetes",
    inputs,
  });
  const of = (name: string) => `urn:pulumi:prod::p::pulumi:providers:kubernetes::${name}::id`;
  const helmRelease = (name: string, by: string, values: object, further = {}) => ({
    urn: `urn:pulumi:prod::p::kubernetes:helm.sh/v3:Release::${name}`,
    type: "kubernetes:helm.sh/v3:Release",
    provider: of(by),
    inputs: { values },
    outputs: { name, namespace: "models", status: { revision: 3, status: "deployed" } },
    ...further,
  });
  const read = (...resources: object[]) => deployedIn({ deployment: { resources } });

  it("is grouped by the cluster that its providers are of", () => {
    const found = read(
      provider("old", { context: "a", version: "4.24.0" }),
      provider("new", { context: "a", version: "4.25.0" }),
      provider("other", { kubeconfig: secret }),
      helmRelease("wine", "old", {}),
      helmRelease("iris", "new", { env: [{ name: "A", value: secret }] }),
      helmRelease("far", "other", {}),
      helmRelease("replaced", "new", {}, { delete: true }),
    );
    const names = found.map(({ recorded }) => recorded.releases.map(({ name }) => name));
    assert.deepEqual(names, [["wine", "iris"], ["far"]]);
    assert.equal(found[0]?.access.context, "a");
    assert.deepEqual([...(found[0]?.withSecrets ?? [])], ["models/iris"]);
    assert.deepEqual(
      found.map(({ hasSecretKubeconfig }) => hasSecretKubeconfig),
      [false, true],
    );
    assert.equal(found[1]?.access.kubeconfig, undefined);
  });

  it("has the objects that Pulumi keeps itself, by the names they got, without what is encrypted", () => {
    const [found] = read(provider("new", {}), {
      urn: "urn:pulumi:prod::p::kubernetes:core/v1:ConfigMap::m",
      type: "kubernetes:core/v1:ConfigMap",
      provider: of("new"),
      inputs: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace: "models" },
        binaryData: { model: "AAAA" },
        data: { password: secret },
      },
      outputs: { metadata: { name: "m-1a2b", namespace: "models" } },
    });
    assert.deepEqual(found?.objects, [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "m-1a2b", namespace: "models" },
        binaryData: { model: "AAAA" },
      },
    ]);
  });

  it("is nothing in an empty stack", () => {
    assert.deepEqual(deployedIn({ deployment: {} }), []);
    assert.deepEqual(deployedIn({ deployment: null }), []);
  });
});
