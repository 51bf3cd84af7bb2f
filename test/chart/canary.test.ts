import assert from "node:assert/strict";
import { at, type Manifest, ofKind, only, refusal, render, type Values } from "./helm";
import { settingsWith } from "./serving";

const sums = { stable: "a".repeat(64), canary: "c".repeat(64) };
const digests = { stable: `sha256:${sums.stable}`, canary: `sha256:${sums.canary}` };
const hosts = [{ host: "wine.example.com", paths: [{ path: "/" }, { path: "/v2" }] }];

const base = {
  fullnameOverride: "wine",
  image: { repository: "registry.example.com/wine", tag: "1.0.0", digest: digests.stable },
  model: { version: "1.0.0", sha256: sums.stable },
  ingress: { enabled: true, hosts },
};
const withCanary = (canary: Values = {}, more: Values = {}): Values => ({
  ...base,
  ...more,
  canary: {
    enabled: true,
    weight: 20,
    image: { tag: "2.0.0", digest: digests.canary },
    model: { sha256: sums.canary },
    ...canary,
  },
});

function track(manifests: Manifest[], kind: string, name: string): Manifest {
  const found = ofKind(manifests, kind).find(({ metadata }) => metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
}

describe("chart: canary", () => {
  it("is off by default", () => {
    only(render(base), "Deployment");
    only(render(base), "Service");
    only(render(base), "Ingress");
  });

  it("leaves the stable version as it is", () => {
    const stable = track(render(withCanary()), "Deployment", "wine");
    assert.deepEqual(stable, only(render(base), "Deployment"));
    const service = track(render(withCanary()), "Service", "wine");
    assert.deepEqual(service, only(render(base), "Service"));
  });

  it("runs its own image and model, with labels that tell it apart", () => {
    const canary = track(render(withCanary({ replicaCount: 3 })), "Deployment", "wine-canary");
    assert.equal(at(canary, "spec.replicas"), 3);
    const pod = at(canary, "spec.template");
    assert.equal(at(pod, "spec.containers.0.image"), `registry.example.com/wine@${digests.canary}`);
    const labels = at(pod, "metadata.labels");
    assert.equal(at(labels, "model-serving/version"), "2.0.0");
    assert.equal(at(labels, "model-serving/sha256"), sums.canary.slice(0, 12));
    assert.equal(at(labels, "model-serving/track"), "canary");
  });

  it("has selectors that meet no stable pod, and the other way round", () => {
    const manifests = render(withCanary());
    for (const kind of ["Deployment", "Service"]) {
      const path = kind === "Service" ? "spec.selector" : "spec.selector.matchLabels";
      const stable = at(track(manifests, kind, "wine"), path);
      const canary = at(track(manifests, kind, "wine-canary"), path);
      assert.equal(at(stable, "model-serving/track"), "stable");
      assert.equal(at(canary, "model-serving/track"), "canary");
    }
  });

  it("does not take over what names the stable image and model", () => {
    const canary = track(
      render(withCanary({ image: { tag: "2.0.0" }, model: {} })),
      "Deployment",
      "wine-canary",
    );
    const pod = at(canary, "spec.template");
    assert.equal(at(pod, "spec.containers.0.image"), "registry.example.com/wine:2.0.0");
    assert.equal(at(at(pod, "metadata.labels"), "model-serving/version"), "2.0.0");
    assert.equal(at(at(pod, "metadata.labels"), "model-serving/sha256"), undefined);
  });

  it("may serve another model with the stable image", () => {
    const model = { source: "configMap", version: "3", sha256: sums.canary };
    const canary = track(
      render(withCanary({ image: {}, model: { ...model, configMap: { name: "wine-3" } } })),
      "Deployment",
      "wine-canary",
    );
    const pod = at(canary, "spec.template.spec");
    assert.equal(at(pod, "containers.0.image"), `registry.example.com/wine@${digests.stable}`);
    assert.equal(at(pod, "volumes.1.configMap.name"), "wine-3");
  });

  it("may have other settings of the server, or its defaults again", () => {
    const values = withCanary(
      { server: { missingMarker: null, engine: "xgboost" } },
      { server: { missingMarker: -999, maxRows: 500 } },
    );
    const [stable, canary] = [0, 1].map((track) => settingsWith("MODEL_SERVER_", values, track));
    assert.deepEqual(
      [stable, canary].map((settings) =>
        ["MISSING_MARKER", "MAX_ROWS", "ENGINE"].map((name) => settings?.[name]),
      ),
      [
        ["-999", "500", undefined],
        [undefined, "500", "xgboost"],
      ],
    );
  });

  it("may forbid what the stable version allows", () => {
    const model = { sha256: sums.canary, allowPickle: false };
    const canary = track(render(withCanary({ model })), "Deployment", "wine-canary");
    assert.match(
      JSON.stringify(at(canary, "spec.template.spec.containers.0.env")),
      /"MODEL_SERVER_ALLOW_PICKLE","value":"false"/,
    );
  });

  it("is never scaled by the stable version's autoscaler", () => {
    const manifests = render(withCanary({}, { autoscaling: { enabled: true } }));
    assert.equal(at(track(manifests, "Deployment", "wine"), "spec.replicas"), 2);
    assert.equal(at(track(manifests, "Deployment", "wine-canary"), "spec.replicas"), 1);
    assert.equal(
      at(only(manifests, "HorizontalPodAutoscaler"), "spec.scaleTargetRef.name"),
      "wine",
    );
  });

  it("is reached from inside only, whatever the stable Service is", () => {
    const manifests = render(withCanary({}, { service: { type: "NodePort", nodePort: 30080 } }));
    const canary = track(manifests, "Service", "wine-canary");
    assert.equal(at(canary, "spec.type"), "ClusterIP");
    assert.equal(at(canary, "spec.ports.0.nodePort"), undefined);
  });

  describe("gets its share", () => {
    it("from nginx by a second Ingress of the same hosts and paths", () => {
      const manifests = render(withCanary());
      const stable = track(manifests, "Ingress", "wine");
      const canary = track(manifests, "Ingress", "wine-canary");
      assert.equal(at(stable, "metadata.annotations"), undefined);
      assert.deepEqual(at(canary, "metadata.annotations"), {
        "nginx.ingress.kubernetes.io/canary": "true",
        "nginx.ingress.kubernetes.io/canary-weight": "20",
      });
      const routes = (ingress: Manifest) =>
        JSON.stringify(at(ingress, "spec.rules")).replaceAll("wine-canary", "wine");
      assert.equal(routes(canary), routes(stable));
      assert.match(JSON.stringify(at(canary, "spec.rules")), /"name":"wine-canary"/);
    });

    it("from Skipper by weights of two Services behind each path", () => {
      const ingress = only(render(withCanary({ ingressController: "skipper" })), "Ingress");
      const weights = at(ingress, ["metadata", "annotations", "zalando.org/backend-weights"]);
      assert.deepEqual(JSON.parse(String(weights)), { wine: 80, "wine-canary": 20 });
      const paths = at(ingress, "spec.rules.0.http.paths") as unknown[];
      assert.deepEqual(
        paths.map((path) => [at(path, "path"), at(path, "backend.service.name")]),
        [
          ["/", "wine"],
          ["/", "wine-canary"],
          ["/v2", "wine"],
          ["/v2", "wine-canary"],
        ],
      );
    });

    it("from a gateway by weights in the HTTPRoute", () => {
      const httpRoute = { enabled: true, parentRefs: [{ name: "public" }] };
      const route = only(render(withCanary({}, { httpRoute })), "HTTPRoute");
      assert.deepEqual(at(route, "spec.rules.0.backendRefs"), [
        { name: "wine", port: 80, weight: 80 },
        { name: "wine-canary", port: 80, weight: 20 },
      ]);
    });
  });

  describe("is refused", () => {
    it("when it differs in nothing", () => {
      assert.match(
        refusal(withCanary({ image: {}, model: {} })),
        /canary is enabled but differs in nothing .* set canary\.image\.tag, canary\.model or canary\.server/,
      );
    });

    it("when nothing could give it requests", () => {
      assert.match(
        refusal(withCanary({}, { ingress: { enabled: false } })),
        /nothing could give it requests: set ingress\.enabled=true or httpRoute\.enabled=true/,
      );
    });

    it("when it would answer sooner than the feature store may", () => {
      const featureStore = {
        enabled: true,
        url: "http://feast.features:6566",
        entityKeys: { wine_id: "integer" },
        features: ["wine:ash"],
        timeoutSeconds: 5,
      };
      assert.match(
        refusal(withCanary({ server: { responseTimeout: 4 } }, { featureStore })),
        /timeoutSeconds \(5\) must be less than canary\.server\.responseTimeout \(4\)/,
      );
    });

    it("with a share that is none", () => {
      assert.match(refusal(withCanary({ weight: 101 })), /canary[./]weight/);
    });

    it("with a name of its own, by which clients would not find it", () => {
      assert.match(refusal(withCanary({ model: { name: "other" } })), /canary[./]model.*name/s);
    });

    it("with a model outside of the image whose sum is not given", () => {
      assert.match(
        refusal(withCanary({ model: { source: "configMap", configMap: { name: "wine-3" } } })),
        /canary\.model\.sha256 is not set/,
      );
    });

    it("with a claim to be made for it", () => {
      const model = {
        source: "persistentVolumeClaim",
        sha256: sums.canary,
        persistentVolumeClaim: { existingClaim: "b", create: { enabled: true } },
      };
      assert.match(
        refusal(withCanary({ model })),
        /canary\.model\.persistentVolumeClaim\.create is set, but only the stable model/,
      );
    });
  });
});
