import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";

const sha256 = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea";

const podSpec = (values: Values): unknown =>
  at(only(render(values), "Deployment"), "spec.template.spec");
const volume = (values: Values): unknown => at(podSpec(values), "volumes.1");
const mounts = (values: Values): unknown[] =>
  (at(podSpec(values), "containers.0.volumeMounts") as unknown[]).slice(1);

function modelPath(values: Values): unknown {
  const variables = at(podSpec(values), "containers.0.env") as { name: string; value?: unknown }[];
  return variables.find(({ name }) => name === "MODEL_SERVER_MODEL_PATH")?.value;
}

describe("chart: model sources", () => {
  describe("image", () => {
    it("is the default: no volume, the folder of the image", () => {
      assert.equal(volume({}), undefined);
      assert.equal(modelPath({}), "/model");
    });

    it("may have the model elsewhere", () => {
      assert.equal(modelPath({ model: { path: "/srv/wine.ubj" } }), "/srv/wine.ubj");
    });
  });

  describe("configMap", () => {
    const configMap = { name: "wine-3f79bb7b", key: "model.json" };
    const values = { model: { source: "configMap", sha256, configMap } };

    it("mounts the one file, so that a running pod keeps the file it has verified", () => {
      assert.deepEqual(volume(values), { name: "model", configMap: { name: "wine-3f79bb7b" } });
      assert.deepEqual(mounts(values), [
        {
          name: "model",
          mountPath: "/mnt/model/model.json",
          subPath: "model.json",
          readOnly: true,
        },
      ]);
      assert.equal(modelPath(values), "/mnt/model/model.json");
    });

    it("mounts the golden requests where the server looks for them", () => {
      const model = { ...values.model, configMap: { ...configMap, goldenKey: "expected.json" } };
      assert.deepEqual(mounts({ model })[1], {
        name: "model",
        mountPath: "/mnt/model/golden.json",
        subPath: "expected.json",
        readOnly: true,
      });
    });

    it("rolls the pods when the name or the sum changes", () => {
      const template = (model: Values) =>
        JSON.stringify(at(only(render({ model }), "Deployment"), "spec.template"));
      const before = template(values.model);
      assert.equal(template({ ...values.model }), before);
      assert.notEqual(template({ ...values.model, sha256: "0".repeat(64) }), before);
      assert.notEqual(
        template({ ...values.model, configMap: { ...configMap, name: "wine-00000000" } }),
        before,
      );
    });

    it("is refused without a name", () => {
      assert.match(
        refusal({ model: { source: "configMap", sha256 } }),
        /model\.configMap\.name is empty: name the ConfigMap/,
      );
    });
  });

  describe("persistentVolumeClaim", () => {
    const claim = { existingClaim: "models", subPath: "wine/1.0.0", file: "model.ubj" };
    const values = {
      model: { source: "persistentVolumeClaim", sha256, persistentVolumeClaim: claim },
    };

    it("mounts a folder of an existing claim, read-only", () => {
      assert.deepEqual(volume(values), {
        name: "model",
        persistentVolumeClaim: { claimName: "models", readOnly: true },
      });
      assert.deepEqual(mounts(values), [
        { name: "model", mountPath: "/mnt/model", subPath: "wine/1.0.0", readOnly: true },
      ]);
      assert.equal(modelPath(values), "/mnt/model/model.ubj");
      assert.deepEqual(ofKind(render(values), "PersistentVolumeClaim"), []);
    });

    it("mounts the root and lets the server find the file when nothing is said", () => {
      const model = { ...values.model, persistentVolumeClaim: { existingClaim: "models" } };
      assert.deepEqual(mounts({ model }), [
        { name: "model", mountPath: "/mnt/model", readOnly: true },
      ]);
      assert.equal(modelPath({ model }), "/mnt/model");
    });

    it("can be made for a volume that holds the model, and outlives the release", () => {
      const create = {
        enabled: true,
        volumeName: "nfs-models",
        storageClassName: "",
        size: "5Gi",
        accessModes: ["ReadOnlyMany"],
      };
      const model = { ...values.model, persistentVolumeClaim: { create } };
      const made = only(render({ model }), "PersistentVolumeClaim");
      assert.equal(made.metadata.name, "demo-model-serving-model");
      assert.equal(at(made, "metadata.annotations.helm"), undefined);
      assert.equal(at(made, ["metadata", "annotations", "helm.sh/resource-policy"]), "keep");
      assert.deepEqual(at(made, "spec"), {
        accessModes: ["ReadOnlyMany"],
        storageClassName: "",
        volumeName: "nfs-models",
        resources: { requests: { storage: "5Gi" } },
      });
      assert.equal(
        at(volume({ model }), "persistentVolumeClaim.claimName"),
        "demo-model-serving-model",
      );
    });

    it("can be made from a snapshot, in the cluster's default storage class", () => {
      const dataSourceRef = {
        apiGroup: "snapshot.storage.k8s.io",
        kind: "VolumeSnapshot",
        name: "wine-1-0-0",
      };
      const model = {
        ...values.model,
        persistentVolumeClaim: { create: { enabled: true, dataSourceRef } },
      };
      const made = only(render({ model }), "PersistentVolumeClaim");
      assert.deepEqual(at(made, "spec.dataSourceRef"), dataSourceRef);
      assert.ok(!("storageClassName" in (at(made, "spec") as object)));
    });

    it("is refused without a claim, and with two", () => {
      const model = { source: "persistentVolumeClaim", sha256 };
      assert.match(
        refusal({ model }),
        /model\.persistentVolumeClaim\.existingClaim is empty: name the claim/,
      );
      assert.match(
        refusal({
          model: {
            ...model,
            persistentVolumeClaim: { existingClaim: "models", create: { enabled: true } },
          },
        }),
        /existing claim \(models\) and has create\.enabled: remove one/,
      );
    });
  });

  it("outside of the image need the sum of the file", () => {
    assert.match(
      refusal({ model: { source: "configMap", configMap: { name: "wine" } } }),
      /model\.sha256 is not set, but with model\.source=configMap .*sha256sum/,
    );
  });

  it("are refused by a name that is none of them", () => {
    assert.match(refusal({ model: { source: "ftp" } }), /model[./]source/);
  });

  it("tell the server whether pickles are allowed", () => {
    const variables = at(podSpec({ model: { allowPickle: false } }), "containers.0.env");
    assert.ok(
      JSON.stringify(variables).includes('{"name":"MODEL_SERVER_ALLOW_PICKLE","value":"false"}'),
    );
  });
});
