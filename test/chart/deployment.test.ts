import assert from "node:assert/strict";
import { at, type Manifest, only, refusal, render, type Values } from "./helm";

const sha256 = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea";
const digest = `sha256:${"ab".repeat(32)}`;

const deployment = (values: Values = {}): Manifest => only(render(values), "Deployment");
const pod = (values: Values, path: string): unknown =>
  at(deployment(values), `spec.template.${path}`);
const server = (values: Values, path: string): unknown => pod(values, `spec.containers.0.${path}`);

function environment(values: Values): Record<string, unknown> {
  const variables = server(values, "env") as { name: string; value?: unknown }[];
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

describe("chart: Deployment", () => {
  it("runs one pod within 500m and 512Mi by default", () => {
    assert.equal(at(deployment(), "spec.replicas"), 1);
    assert.deepEqual(server({}, "resources"), {
      requests: { cpu: "250m", memory: "256Mi" },
      limits: { cpu: "500m", memory: "512Mi" },
    });
  });

  it("replaces a pod only after the next one is ready", () => {
    assert.deepEqual(at(deployment(), "spec.strategy"), {
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    });
  });

  describe("image", () => {
    const repository = "registry.example.com/models/wine";

    it("has the chart's appVersion as tag when none is set", () => {
      assert.equal(server({ image: { repository } }, "image"), `${repository}:0.1.0`);
    });

    it("has the tag that is set", () => {
      assert.equal(server({ image: { repository, tag: "2.0.0" } }, "image"), `${repository}:2.0.0`);
    });

    it("is decided by the digest alone when there is one", () => {
      assert.equal(
        server({ image: { repository, tag: "2.0.0", digest } }, "image"),
        `${repository}@${digest}`,
      );
    });

    it("is refused when the digest is none", () => {
      assert.match(refusal({ image: { digest: "<none>" } }), /image[./]digest.*pattern/s);
    });

    it("keeps a tag that looks like a number a text", () => {
      assert.match(refusal({ image: { tag: 1.1 } }), /image[./]tag.*got number, want string/s);
    });
  });

  describe("model", () => {
    const values = {
      fullnameOverride: "breast-cancer",
      model: { name: "breast-cancer", version: "1.4.0+gpu", sha256 },
    };

    it("is told to the server", () => {
      const { MODEL_SERVER_MODEL_NAME, MODEL_SERVER_MODEL_VERSION, MODEL_SERVER_MODEL_SHA256 } =
        environment(values);
      assert.equal(MODEL_SERVER_MODEL_NAME, "breast-cancer");
      assert.equal(MODEL_SERVER_MODEL_VERSION, "1.4.0+gpu");
      assert.equal(MODEL_SERVER_MODEL_SHA256, sha256);
    });

    it("shows on the pods: the sum in full as annotation, shortened as label", () => {
      assert.equal(at(pod(values, "metadata.annotations"), "model-serving/sha256"), sha256);
      const labels = pod(values, "metadata.labels");
      assert.equal(at(labels, "model-serving/sha256"), sha256.slice(0, 12));
      assert.equal(at(labels, "model-serving/model"), "breast-cancer");
      assert.equal(at(labels, "model-serving/version"), "1.4.0_gpu");
    });

    it("is named after the objects and versioned by the tag when nothing is said", () => {
      const variables = environment({ fullnameOverride: "wine", image: { tag: "3.2.1" } });
      assert.equal(variables.MODEL_SERVER_MODEL_NAME, "wine");
      assert.equal(variables.MODEL_SERVER_MODEL_VERSION, "3.2.1");
      assert.ok(!("MODEL_SERVER_MODEL_SHA256" in variables));
      assert.equal(at(pod({}, "metadata.labels"), "model-serving/sha256"), undefined);
    });

    it("keeps a version that looks like a number a text", () => {
      assert.equal(environment({ model: { version: "20" } }).MODEL_SERVER_MODEL_VERSION, "20");
      assert.equal(
        at(pod({ model: { version: "20" } }, "metadata.labels"), "model-serving/version"),
        "20",
      );
    });

    it("is refused with a sha256 that is none", () => {
      assert.match(refusal({ model: { sha256: sha256.slice(1) } }), /model[./]sha256.*pattern/s);
    });
  });

  describe("labels", () => {
    const labels = (values: Values): Record<string, string> =>
      pod(values, "metadata.labels") as Record<string, string>;
    const selector = (values: Values): Record<string, string> =>
      at(deployment(values), "spec.selector.matchLabels") as Record<string, string>;

    it("of the pods are those of the selector and more", () => {
      const found = labels({});
      for (const [key, value] of Object.entries(selector({}))) {
        assert.equal(found[key], value);
      }
    });

    it("of the selector depend on nothing that an upgrade may change", () => {
      const changed = {
        image: { tag: "9" },
        model: { name: "other", version: "9", sha256 },
        podLabels: { team: "a" },
        commonLabels: { stage: "prod" },
      };
      assert.deepEqual(selector(changed), selector({}));
    });

    it("of the user are added", () => {
      const found = labels({ podLabels: { team: "risk" }, commonLabels: { stage: "prod" } });
      assert.equal(found.team, "risk");
      assert.equal(found.stage, "prod");
      assert.equal(found["app.kubernetes.io/instance"], "demo");
    });

    it("of the pods do not name the chart's version, so that a new chart alone restarts nothing", () => {
      assert.ok(!("helm.sh/chart" in labels({})));
      assert.ok("helm.sh/chart" in (at(deployment(), "metadata.labels") as object));
    });
  });

  describe("probes", () => {
    it("ask for readiness at start and later, and for life apart from it", () => {
      const path = (probe: string) => server({}, `${probe}.httpGet.path`);
      assert.equal(path("startupProbe"), "/v2/health/ready");
      assert.equal(path("readinessProbe"), "/v2/health/ready");
      assert.equal(path("livenessProbe"), "/v2/health/live");
      assert.equal(server({}, "ports.0.containerPort"), 5000);
    });

    it("give the model two minutes to start, and are slow to restart a server", () => {
      const budget = (probe: string) =>
        Number(server({}, `${probe}.periodSeconds`)) *
        Number(server({}, `${probe}.failureThreshold`));
      assert.equal(budget("startupProbe"), 120);
      assert.equal(budget("livenessProbe"), 60);
    });

    it("keep what is not overridden", () => {
      const probes = { startup: { failureThreshold: 90 } };
      assert.equal(server({ probes }, "startupProbe.failureThreshold"), 90);
      assert.equal(server({ probes }, "startupProbe.periodSeconds"), 1);
    });

    it("may bring a check of their own", () => {
      const probes = { liveness: { tcpSocket: { port: "http" } } };
      assert.equal(server({ probes }, "livenessProbe.httpGet"), undefined);
      assert.equal(server({ probes }, "livenessProbe.tcpSocket.port"), "http");
    });

    it("are refused with a setting that Kubernetes does not know", () => {
      assert.match(
        refusal({ probes: { readiness: { periodSecond: 1 } } }),
        /probes[./]readiness.*periodSecond/s,
      );
    });
  });

  describe("leaving", () => {
    it("is timed by the server, which goes on accepting after SIGTERM", () => {
      const variables = environment({});
      assert.equal(variables.MODEL_SERVER_SHUTDOWN_DELAY, "5");
      assert.equal(variables.MODEL_SERVER_DRAIN_TIMEOUT, "20");
      assert.equal(pod({}, "spec.terminationGracePeriodSeconds"), 30);
      assert.equal(server({}, "lifecycle"), undefined);
    });

    it("can be preceded by a pause", () => {
      const shutdown = { preStopSeconds: 5 };
      assert.equal(server({ shutdown }, "lifecycle.preStop.sleep.seconds"), 5);
    });
  });

  describe("security", () => {
    it("passes the restricted standard and has a root file system that cannot be written", () => {
      assert.deepEqual(server({}, "securityContext"), {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      assert.deepEqual(pod({}, "spec.securityContext"), {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: "RuntimeDefault" },
      });
    });

    it("gives the pod no token of the cluster", () => {
      assert.equal(pod({}, "spec.automountServiceAccountToken"), false);
    });

    it("keeps variables of other Services out of the server's settings", () => {
      assert.equal(pod({}, "spec.enableServiceLinks"), false);
    });

    it("leaves /tmp writable", () => {
      assert.equal(server({}, "volumeMounts.0.mountPath"), "/tmp");
      assert.deepEqual(pod({}, "spec.volumes.0"), { name: "tmp", emptyDir: { sizeLimit: "64Mi" } });
    });
  });

  it("shows the last log line of a server that failed in the pod's status", () => {
    assert.equal(server({}, "terminationMessagePolicy"), "FallbackToLogsOnError");
  });

  it("lets the user's variables take the place of its own", () => {
    const own = { name: "MODEL_SERVER_SHUTDOWN_DELAY", value: "1" };
    const variables = server({ env: [own] }, "env") as { name: string }[];
    assert.deepEqual(
      variables.filter(({ name }) => name === own.name),
      [own],
    );
  });

  it("spreads the pods of this model when a constraint names none", () => {
    const constraint = { topologyKey: "zone", maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" };
    assert.deepEqual(
      pod({ topologySpreadConstraints: [constraint] }, "spec.topologySpreadConstraints.0"),
      {
        ...constraint,
        labelSelector: { matchLabels: at(deployment(), "spec.selector.matchLabels") },
      },
    );
  });

  it("leaves a constraint as it is that names what it spreads", () => {
    const constraint = {
      topologyKey: "zone",
      maxSkew: 1,
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { team: "risk" } },
    };
    assert.deepEqual(
      pod({ topologySpreadConstraints: [constraint] }, "spec.topologySpreadConstraints.0"),
      constraint,
    );
  });

  it("takes where pods may run", () => {
    const values = {
      nodeSelector: { pool: "serving" },
      tolerations: [{ key: "dedicated", operator: "Exists" }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "arch", operator: "Exists" }] }],
          },
        },
      },
      priorityClassName: "online",
    };
    for (const [key, value] of Object.entries(values)) {
      assert.deepEqual(pod(values, `spec.${key}`), value);
    }
  });

  it("is refused with a resource whose amount cannot be read", () => {
    assert.match(refusal({ resources: { limits: { memory: "512 MB" } } }), /resources[./]limits/);
  });
});
