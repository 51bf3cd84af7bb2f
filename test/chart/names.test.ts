import assert from "node:assert/strict";
import { at, only, refusal, render, type Values } from "./helm";

const name = (values: Values, release: string) =>
  only(render(values, { release }), "Deployment").metadata.name;

describe("chart: names", () => {
  it("join release and chart", () => {
    assert.equal(name({}, "prod"), "prod-model-serving");
  });

  it("do not repeat the chart's name", () => {
    assert.equal(name({}, "model-serving"), "model-serving");
    assert.equal(name({}, "my-model-serving"), "my-model-serving");
  });

  it("can be replaced in part or in full", () => {
    assert.equal(name({ nameOverride: "wine" }, "prod"), "prod-wine");
    assert.equal(name({ fullnameOverride: "wine" }, "prod"), "wine");
  });

  it("begin alike for every object there can be, and all lie in the release's namespace", () => {
    const enabled = { enabled: true };
    const claim = { create: enabled };
    const manifests = render(
      {
        model: {
          source: "persistentVolumeClaim",
          sha256: "a".repeat(64),
          persistentVolumeClaim: claim,
        },
        ingress: { enabled: true, hosts: [{ host: "m.example.com" }] },
        httpRoute: {
          enabled: true,
          parentRefs: [{ name: "public" }],
          hostnames: ["m.example.com"],
        },
        server: { grpcPort: 8081 },
        grpcRoute: {
          enabled: true,
          parentRefs: [{ name: "public" }],
          hostnames: ["grpc.example.com"],
        },
        canary: { enabled: true, model: { sha256: "b".repeat(64) } },
        autoscaling: enabled,
        podDisruptionBudget: enabled,
        serviceAccount: { create: true },
        networkPolicy: enabled,
        podMonitor: enabled,
        prometheusRule: enabled,
        dashboard: enabled,
      },
      { release: "prod", namespace: "team-a" },
    );
    assert.equal(new Set(manifests.map(({ kind }) => kind)).size, 14);
    for (const { kind, metadata } of manifests) {
      assert.match(metadata.name, /^prod-model-serving(-canary)?(-test|-model|-dashboard)?$/, kind);
      assert.equal(metadata.namespace, "team-a", kind);
    }
  });

  it("leave room for suffixes within the 63 characters of a label", () => {
    const long = "release-with-a-name-of-the-greatest-length-helm-takes";
    assert.equal(long.length, 53);
    const found = name({}, long);
    assert.ok(found.length <= 52, found);
    assert.match(found, /^[a-z0-9]([-a-z0-9]*[a-z0-9])$/);
  });

  it("carry common labels and annotations on every object", () => {
    const values = { commonLabels: { stage: "prod" }, commonAnnotations: { owner: "risk" } };
    for (const manifest of render(values)) {
      assert.equal(at(manifest, "metadata.labels.stage"), "prod", manifest.kind);
      assert.equal(at(manifest, "metadata.annotations.owner"), "risk", manifest.kind);
    }
  });

  it("are refused when Kubernetes would not take them", () => {
    assert.match(refusal({ fullnameOverride: "Wine_Model" }), /fullnameOverride.*pattern/s);
    assert.match(refusal({ fullnameOverride: "a".repeat(53) }), /fullnameOverride.*maxLength/s);
  });

  it("are refused when the release's name makes one that Kubernetes would not take", () => {
    for (const release of ["my.release", "1model", "a.b.model-serving", "9-model-serving"]) {
      assert.match(
        refusal({}, { release }),
        /- the release's name makes \S+ the name of the Service, .*: choose another, or set fullnameOverride/,
        release,
      );
    }
    for (const release of ["my.release", "1model"]) {
      assert.equal(name({ fullnameOverride: "wine" }, release), "wine");
      assert.match(refusal({ nameOverride: "wine" }, { release }), /makes \S+wine the name/);
    }
    assert.equal(name({ nameOverride: "1st" }, "wine"), "wine-1st");
  });

  it("make no key twice, and let the more particular label win", () => {
    const manifests = render({
      commonLabels: { team: "risk", release: "common" },
      commonAnnotations: { note: "common" },
      ingress: {
        enabled: true,
        hosts: [{ host: "wine.example.com" }],
        annotations: { note: "own" },
      },
      podMonitor: { enabled: true, labels: { release: "prometheus" } },
      prometheusRule: { enabled: true, labels: { team: "alerts" } },
      dashboard: { enabled: true, labels: { team: "panels" } },
    });
    const labels = (kind: string) => at(only(manifests, kind), "metadata.labels");
    assert.equal(at(labels("PodMonitor"), "release"), "prometheus");
    assert.equal(at(labels("PodMonitor"), "team"), "risk");
    assert.equal(at(labels("PrometheusRule"), "team"), "alerts");
    assert.equal(at(labels("ConfigMap"), "team"), "panels");
    assert.equal(at(only(manifests, "Ingress"), "metadata.annotations.note"), "own");
  });

  describe("are the chart's own, and refused by key,", () => {
    const selecting = ["app.kubernetes.io/name", "app.kubernetes.io/instance"];
    const ofPods = ["model-serving/track", "model-serving/model", "model-serving/version"];
    const labels = [...selecting, ...ofPods, "model-serving/sha256"];
    const ofHelm = ["helm.sh/hook", "meta.helm.sh/release-name"];
    const taken: Record<string, string[]> = {
      commonLabels: [...labels, "app.kubernetes.io/managed-by", "helm.sh/chart"],
      podLabels: [...labels, "pod-template-hash"],
      "serviceMonitor.labels": [...labels, "helm.sh/chart"],
      "podMonitor.labels": [...labels, "helm.sh/chart"],
      "prometheusRule.labels": [...labels, "helm.sh/chart"],
      "dashboard.labels": [...labels, "helm.sh/chart"],
      commonAnnotations: [...ofHelm, "model-serving/sha256", "model-serving/autoscaled-replicas"],
      podAnnotations: ["kubectl.kubernetes.io/default-container", "model-serving/sha256"],
      "service.annotations": ofHelm,
      "serviceAccount.annotations": ofHelm,
      "ingress.annotations": ofHelm,
      "httpRoute.annotations": ofHelm,
      "grpcRoute.annotations": ofHelm,
      "dashboard.annotations": ofHelm,
      "logForwarding.fields": ["namespace", "pod", "track"],
    };
    for (const [path, keys] of Object.entries(taken)) {
      it(`in ${path}`, () => {
        const map = Object.fromEntries(keys.map((key) => [key, "mine"]));
        const [first = "", second] = path.split(".");
        const message = refusal({ [first]: second === undefined ? map : { [second]: map } });
        for (const key of keys) {
          assert.ok(message.includes(`- ${path} has ${key}, which `), `${key} in ${message}`);
        }
        assert.match(message, /: remove it, or choose another key/);
      });
    }

    it("in annotations that say what a canary gets", () => {
      const annotations = {
        "nginx.ingress.kubernetes.io/canary-weight": "5",
        "zalando.org/backend-weights": "{}",
      };
      const ingress = { enabled: true, hosts: [{ host: "wine.example.com" }], annotations };
      const canary = (ingressController: string) => ({
        ingress,
        canary: { enabled: true, image: { tag: "2" }, ingressController },
      });
      assert.match(refusal(canary("nginx")), /- ingress\.annotations has nginx\S+canary-weight/);
      assert.match(refusal(canary("skipper")), /- ingress\.annotations has zalando\.org/);
      // Without one they are the user's: this release may be the canary of another.
      render({ ingress });
    });
  });
});
