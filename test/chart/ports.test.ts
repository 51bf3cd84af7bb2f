import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";

const canary = {
  ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] },
  canary: { enabled: true, image: { tag: "2.0.0" } },
};
const apart = {};
const joined = { server: { managementPort: 0 } };

const server = (values: Values): unknown =>
  at(only(render(values), "Deployment"), "spec.template.spec.containers.0");
const probes = ["startupProbe", "readinessProbe", "livenessProbe"];

function environment(container: unknown): Record<string, unknown> {
  const variables = at(container, "env") as { name: string; value?: unknown }[];
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

const endpoints = (kind: "PodMonitor" | "ServiceMonitor", values: Values): Values[] => {
  const key = kind === "PodMonitor" ? "podMonitor" : "serviceMonitor";
  const monitor = only(render({ ...values, [key]: { enabled: true } }), kind);
  const path = kind === "PodMonitor" ? "spec.podMetricsEndpoints" : "spec.endpoints";
  return at(monitor, path) as Values[];
};

describe("chart: the server's ports", () => {
  it("are two: one for requests, one for probes and metrics", () => {
    const container = server(apart);
    assert.deepEqual(at(container, "ports"), [
      { name: "http", containerPort: 5000, protocol: "TCP" },
      { name: "management", containerPort: 5001, protocol: "TCP" },
    ]);
    const { MODEL_SERVER_PORT, MODEL_SERVER_MANAGEMENT_PORT } = environment(container);
    assert.deepEqual([MODEL_SERVER_PORT, MODEL_SERVER_MANAGEMENT_PORT], ["5000", "5001"]);
    for (const probe of probes) {
      assert.equal(at(container, `${probe}.httpGet.port`), "management", probe);
    }
  });

  it("are one where the image knows no other", () => {
    const container = server(joined);
    assert.deepEqual(at(container, "ports"), [
      { name: "http", containerPort: 5000, protocol: "TCP" },
    ]);
    assert.ok(!("MODEL_SERVER_MANAGEMENT_PORT" in environment(container)));
    for (const probe of probes) {
      assert.equal(at(container, `${probe}.httpGet.port`), "http", probe);
    }
  });

  it("are where an image of one's own has them, asked as it wants", () => {
    const own = { httpGet: { path: "/healthz", port: "http" } };
    const container = server({
      server: { port: 8080, managementPort: 0 },
      probes: { startup: own, readiness: own, liveness: own },
    });
    assert.equal(at(container, "ports.0.containerPort"), 8080);
    for (const probe of probes) {
      assert.deepEqual(at(container, `${probe}.httpGet`), own.httpGet, probe);
    }
  });

  it("are kept apart outside of the pod: nothing leads to that of the metrics", () => {
    const manifests = render({
      ...canary,
      ...apart,
      httpRoute: { enabled: true, parentRefs: [{ name: "public" }] },
      serviceMonitor: { enabled: true },
      service: { type: "LoadBalancer" },
    });
    const services = ofKind(manifests, "Service");
    assert.equal(services.length, 2);
    for (const { spec } of services) {
      assert.deepEqual(
        (at(spec, "ports") as Values[]).map(({ name, targetPort }) => [name, targetPort]),
        [["http", "http"]],
      );
    }
    for (const route of [...ofKind(manifests, "Ingress"), ...ofKind(manifests, "HTTPRoute")]) {
      assert.doesNotMatch(JSON.stringify(route), /management|5001/);
    }
  });

  for (const [kind, port] of [
    ["PodMonitor", "port"],
    ["ServiceMonitor", "targetPort"],
  ] as const) {
    describe(kind, () => {
      it("reads the port that has the metrics", () => {
        const portsOf = (values: Values) =>
          endpoints(kind, values).map(({ port, targetPort }) => ({ port, targetPort }));
        assert.deepEqual(portsOf(apart), [
          { port: undefined, targetPort: undefined, [port]: "management" },
        ]);
        assert.deepEqual(portsOf(joined), [{ port: "http", targetPort: undefined }]);
        assert.deepEqual(portsOf({ ...canary, ...apart }), portsOf(apart));
      });

      it("reads each track at its own where one image is older than the other", () => {
        const values = { ...canary, ...apart };
        const old = { ...values, canary: { ...values.canary, ...joined } };
        const read = endpoints(kind, old).map((endpoint) => {
          const [first] = at(endpoint, "relabelings") as Values[];
          return [endpoint[port] ?? endpoint.port, first];
        });
        const keep = (regex: string) => ({
          action: "keep",
          sourceLabels: ["__meta_kubernetes_pod_label_model_serving_track"],
          regex,
        });
        assert.deepEqual(read, [
          ["http", keep("canary")],
          ["management", keep("stable")],
        ]);
      });
    });
  }

  describe("NetworkPolicy", () => {
    const rules = (values: Values, networkPolicy: Values = {}) => {
      const manifests = render({ ...values, networkPolicy: { enabled: true, ...networkPolicy } });
      const [ofModel] = ofKind(manifests, "NetworkPolicy");
      return at(ofModel, "spec.ingress") as { ports: { port: unknown }[]; from: unknown[] }[];
    };
    const portsOf = (rule?: { ports: { port: unknown }[] }) => rule?.ports.map(({ port }) => port);

    it("opens both ports to whom it lets in", () => {
      assert.deepEqual(rules(apart).map(portsOf), [["http", "management"]]);
      assert.deepEqual(rules(joined).map(portsOf), [["http"]]);
    });

    it("opens that of the metrics alone to who monitors", () => {
      const monitoring = { allowSameNamespace: false, allowMonitoringNamespaces: ["monitoring"] };
      const [, own] = rules(apart, monitoring);
      assert.deepEqual(portsOf(own), ["management"]);
      assert.deepEqual(at(own, "from.0.namespaceSelector.matchExpressions.0.values"), [
        "monitoring",
      ]);
      assert.deepEqual(portsOf(rules(joined, monitoring)[1]), ["http"]);
    });

    it("lets the test ask at the ports of all tracks", () => {
      const values = { ...canary, canary: { ...canary.canary, server: { port: 8080 } } };
      const manifests = render({ ...values, networkPolicy: { enabled: true } });
      const [, ofTest] = ofKind(manifests, "NetworkPolicy");
      assert.deepEqual(at(ofTest, "spec.egress.0.ports"), [
        { port: 5000, protocol: "TCP" },
        { port: 8080, protocol: "TCP" },
      ]);
    });
  });

  describe("are refused", () => {
    it("when both are the same", () => {
      assert.match(
        refusal({ server: { port: 5001, managementPort: 5001 } }),
        /- server\.managementPort and server\.port are both 5001: choose another port, or server\.managementPort=0/,
      );
      const both = { ...canary.canary, server: { port: 7000, managementPort: 7000 } };
      assert.match(refusal({ ...canary, canary: both }), /- canary\.server\.managementPort and/);
    });

    it("when another container of the pod has one of them", () => {
      const beside = { name: "beside", image: "i", ports: [{ containerPort: 5001 }] };
      assert.match(
        refusal({ ...apart, sidecars: [beside] }),
        /- server\.managementPort is 5001, which is also the port of sidecars\[0\]\.ports\[0\]\.containerPort/,
      );
      assert.match(
        refusal({ ...apart, initContainers: [{ ...beside, restartPolicy: "Always" }] }),
        /which is also the port of initContainers\[0\]\.ports\[0\]/,
      );
      // It has ended when the server starts.
      render({ ...apart, initContainers: [beside] });
      const named = { name: "beside", image: "i", ports: [{ name: "http", containerPort: 1 }] };
      assert.match(refusal({ sidecars: [named] }), /- sidecars\[0\]\.ports\[0\]\.name is http/);
      const forwarding = { enabled: true, outputs: [{ name: "loki", host: "loki" }] };
      assert.match(
        refusal({ logForwarding: forwarding, server: { managementPort: 2020 } }),
        /- server\.managementPort is 2020, which is also the port of the log forwarder/,
      );
    });

    it("when they are set where only the server would know of them", () => {
      for (const [name, value] of [
        ["MODEL_SERVER_PORT", "server.port"],
        ["MODEL_SERVER_MANAGEMENT_PORT", "server.managementPort"],
      ]) {
        assert.match(
          refusal({ env: [{ name, value: "8080" }] }),
          new RegExp(`- env\\[0\\] sets ${name}, .*: set ${value} instead`),
        );
      }
    });
  });
});
