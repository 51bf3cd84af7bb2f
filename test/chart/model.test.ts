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

    it("mounts each file of a folder, so that the server finds the folder", () => {
      const files = [
        { path: "MLmodel", key: "MLmodel" },
        { path: "code/a step.py", key: "code_a_step.py" },
      ];
      const model = {
        ...values.model,
        configMap: { name: "wine", files, goldenKey: "golden.json" },
      };
      assert.deepEqual(
        mounts({ model }),
        [...files, { path: "golden.json", key: "golden.json" }].map(({ path, key }) => ({
          name: "model",
          mountPath: `/mnt/model/${path}`,
          subPath: key,
          readOnly: true,
        })),
      );
      assert.equal(modelPath({ model }), "/mnt/model");
    });

    it("refuses paths that lead out of the folder", () => {
      for (const path of ["../etc/passwd", "/etc/passwd", "a/../../b", ""]) {
        const configMap = { name: "wine", files: [{ path, key: "a" }] };
        assert.match(
          refusal({ model: { ...values.model, configMap } }),
          /\/model\/configMap\/files\/0\/path': .* does not match pattern/,
        );
      }
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

  describe("uri", () => {
    const location = "s3://models/wine/1.0.0/model.ubj";
    const image = { repository: "registry.example.com/model-fetcher" };
    const uri = {
      location,
      image,
      s3Endpoint: "http://minio:9000",
      existingSecret: "models",
      maxBytes: 5e8,
    };
    const values = { model: { source: "uri", sha256, uri } };
    const fetch = (more: Values = {}) =>
      at(podSpec({ ...values, ...more }), "initContainers.0") as Record<string, unknown>;
    const settings = () =>
      Object.fromEntries(
        (fetch().env as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
      );

    it("is downloaded into a volume of the pod's own, before the server starts", () => {
      assert.deepEqual(volume(values), { name: "model", emptyDir: { sizeLimit: 567108864 } });
      assert.deepEqual(mounts(values), [
        { name: "model", mountPath: "/mnt/model", readOnly: true },
      ]);
      assert.equal(modelPath(values), "/mnt/model");
      assert.equal(fetch().image, "registry.example.com/model-fetcher:0.1.0");
      assert.deepEqual(at(fetch(), "volumeMounts.1"), { name: "model", mountPath: "/mnt/model" });
    });

    it("is told where from, how much at most, and what must come out", () => {
      assert.deepEqual(settings(), {
        MODEL_FETCHER_URI: location,
        MODEL_FETCHER_SHA256: sha256,
        MODEL_FETCHER_TARGET: "/mnt/model",
        MODEL_FETCHER_MAX_BYTES: "500000000",
        MODEL_FETCHER_TIMEOUT_SECONDS: "120",
        MODEL_FETCHER_S3_ENDPOINT: "http://minio:9000",
        MODEL_FETCHER_S3_ADDRESSING: "auto",
        MODEL_FETCHER_S3_ANONYMOUS: "false",
        MODEL_FETCHER_OCI_PLAIN_HTTP: "false",
      });
      assert.deepEqual(fetch().envFrom, [{ secretRef: { name: "models" } }]);
    });

    it("has an image of its own, which a digest decides", () => {
      const digest = `sha256:${sha256}`;
      const model = { ...values.model, uri: { ...uri, image: { ...image, tag: "2", digest } } };
      assert.equal(
        at(podSpec({ model }), "initContainers.0.image"),
        `registry.example.com/model-fetcher@${digest}`,
      );
    });

    it("may need credentials of a registry, which the server does not see", () => {
      const oci = { image, location: "oci://registry/wine:1", registrySecretName: "registry" };
      const spec = podSpec({ model: { ...values.model, uri: oci } });
      assert.deepEqual(at(spec, "volumes.2"), {
        name: "registry",
        secret: {
          secretName: "registry",
          items: [{ key: ".dockerconfigjson", path: "config.json" }],
        },
      });
      const container = at(spec, "initContainers.0");
      assert.equal(at(container, "volumeMounts.2.mountPath"), "/mnt/registry");
      const env = at(container, "env") as { name: string; value: string }[];
      const file = env.find(({ name }) => name === "MODEL_FETCHER_OCI_AUTH_FILE");
      assert.equal(file?.value, "/mnt/registry/config.json");
      assert.doesNotMatch(JSON.stringify(at(spec, "containers")), /registry/);
    });

    it("may come from a server whose certificate only a private authority vouches for", () => {
      const model = { ...values.model, uri: { ...uri, caConfigMapName: "company-ca" } };
      const spec = podSpec({ model });
      assert.deepEqual(at(spec, "volumes.2"), {
        name: "authority",
        configMap: { name: "company-ca", items: [{ key: "ca.crt", path: "ca.crt" }] },
      });
      const container = at(spec, "initContainers.0");
      assert.equal(at(container, "volumeMounts.2.mountPath"), "/mnt/authority");
      const env = at(container, "env") as { name: string; value: string }[];
      assert.equal(
        env.find(({ name }) => name === "SSL_CERT_FILE")?.value,
        "/mnt/authority/ca.crt",
      );
      assert.doesNotMatch(JSON.stringify(at(spec, "containers")), /authority/);
    });

    it("may bring golden requests, whose sum alone is refused", () => {
      const golden = { goldenLocation: "https://models/golden.json", goldenSha256: sha256 };
      const model = (more: Values) => ({ ...values.model, uri: { ...uri, ...more } });
      const env = JSON.stringify(at(podSpec({ model: model(golden) }), "initContainers.0.env"));
      assert.match(env, /"MODEL_FETCHER_GOLDEN_URI","value":"https:\/\/models\/golden\.json"/);
      assert.match(env, /"MODEL_FETCHER_GOLDEN_SHA256","value":"3f79/);
      assert.match(
        refusal({ model: model({ goldenSha256: sha256 }) }),
        /goldenSha256 is set without model\.uri\.goldenLocation: say where/,
      );
    });

    it("comes after the user's own init containers, with as few rights as the server", () => {
      const initContainers = [{ name: "proxy", image: "registry.example.com/proxy:1" }];
      const containers = at(podSpec({ ...values, initContainers }), "initContainers") as Values[];
      assert.deepEqual(
        containers.map(({ name }) => name),
        ["proxy", "fetch-model"],
      );
      assert.deepEqual(
        fetch().securityContext,
        at(podSpec(values), "containers.0.securityContext"),
      );
    });

    it("leaves the test without a volume", () => {
      assert.equal(at(only(render(values), "Pod"), "spec.volumes"), undefined);
    });

    it("is refused without a location, or with one of another kind", () => {
      assert.match(
        refusal({ model: { source: "uri", sha256 } }),
        /model\.uri\.location is empty: name where the model is/,
      );
      assert.match(
        refusal({ model: { source: "uri", sha256, uri: { location: "ftp://a/b" } } }),
        /at '\/model\/uri\/location'/,
      );
    });

    it("is refused where the network policy forbids the download", () => {
      assert.match(
        refusal({ ...values, networkPolicy: { enabled: true } }),
        /could not download the model .* allow it in networkPolicy\.egress/,
      );
      render({ ...values, networkPolicy: { enabled: true, egress: [{ ports: [{ port: 443 }] }] } });
    });

    it("is refused when download and start may take longer than the rollout", () => {
      const model = { ...values.model, uri: { ...uri, timeoutSeconds: 200 } };
      assert.match(
        refusal({ model }),
        /model\.uri\.timeoutSeconds \(200\) .* allow 320 s .* raise progressDeadlineSeconds/,
      );
      render({ model, progressDeadlineSeconds: 320 });
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
