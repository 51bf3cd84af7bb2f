import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";

const chosen = { server: { grpcPort: 8081 } };
const parentRefs = [{ name: "public" }];
const route = { enabled: true, parentRefs, hostnames: ["grpc.example.com"] };

const ports = (values: Values): unknown => at(only(render(values), "Service"), "spec.ports");

describe("chart: gRPC", () => {
  it("is off unless a port is chosen", () => {
    const rendered = render({});
    assert.doesNotMatch(JSON.stringify(rendered), /grpc/i);
  });

  it("has a port of the container, of the Service and of the server", () => {
    const container = at(only(render(chosen), "Deployment"), "spec.template.spec.containers.0");
    const named = at(container, "ports") as { name: string; containerPort: number }[];
    assert.deepEqual(
      named.map(({ name, containerPort }) => [name, containerPort]),
      [
        ["http", 5000],
        ["grpc", 8081],
        ["management", 5001],
      ],
    );
    const variables = at(container, "env") as { name: string; value?: string }[];
    const port = variables.find(({ name }) => name === "MODEL_SERVER_GRPC_PORT");
    assert.equal(port?.value, "8081");
    assert.deepEqual((ports({ ...chosen, service: { grpcPort: 9000 } }) as unknown[])[1], {
      name: "grpc",
      port: 9000,
      targetPort: "grpc",
      protocol: "TCP",
      appProtocol: "kubernetes.io/h2c",
    });
  });

  it("keeps probes on the management port", () => {
    const container = at(only(render(chosen), "Deployment"), "spec.template.spec.containers.0");
    assert.equal(at(container, "readinessProbe.httpGet.port"), "management");
  });

  it("is let through by the NetworkPolicy where requests are", () => {
    const policies = ofKind(
      render({ ...chosen, networkPolicy: { enabled: true, allowMonitoringNamespaces: ["m"] } }),
      "NetworkPolicy",
    );
    const named = (rule: number): unknown =>
      (at(policies[0], `spec.ingress.${rule}.ports`) as Values[]).map(({ port }) => port);
    assert.deepEqual(named(0), ["http", "grpc", "management"]);
    assert.deepEqual(named(1), ["management"]);
  });

  it("has a route through a gateway, with the canary's share", () => {
    const plain = only(render({ ...chosen, grpcRoute: route }), "GRPCRoute");
    assert.deepEqual(at(plain, "spec.parentRefs"), parentRefs);
    assert.deepEqual(at(plain, "spec.hostnames"), ["grpc.example.com"]);
    const canary = { enabled: true, weight: 20, image: { tag: "2.0.0" } };
    const httpRoute = { enabled: true, parentRefs, hostnames: ["http.example.com"] };
    const both = only(render({ ...chosen, grpcRoute: route, httpRoute, canary }), "GRPCRoute");
    const shares = at(both, "spec.rules.0.backendRefs") as Values[];
    assert.deepEqual(
      shares.map(({ port, weight }) => [port, weight]),
      [
        [8081, 80],
        [8081, 20],
      ],
    );
  });

  it("refuses ports of others", () => {
    assert.match(
      refusal({ server: { grpcPort: 5000 } }),
      /- server\.grpcPort and server\.port are both 5000: choose another port/,
    );
    assert.match(
      refusal({ server: { grpcPort: 5001 } }),
      /- server\.grpcPort and server\.managementPort are both 5001: choose another port/,
    );
    assert.match(
      refusal({ ...chosen, service: { grpcPort: 80 } }),
      /- service\.grpcPort and service\.port are both 80: choose another port/,
    );
    assert.match(
      refusal({ ...chosen, env: [{ name: "MODEL_SERVER_GRPC_PORT", value: "1" }] }),
      /- env\[0\] sets MODEL_SERVER_GRPC_PORT, .*: set server\.grpcPort instead/,
    );
  });

  it("refuses a route that would lead nowhere, or beside another one of its host names", () => {
    assert.match(
      refusal({ grpcRoute: route }),
      /- grpcRoute\.enabled is true, but the server has no port for gRPC: set server\.grpcPort/,
    );
    assert.match(
      refusal({ ...chosen, grpcRoute: { enabled: true } }),
      /- grpcRoute\.parentRefs is empty: name the gateway/,
    );
    for (const hostnames of [["grpc.example.com"], []]) {
      assert.match(
        refusal({
          ...chosen,
          grpcRoute: route,
          httpRoute: { enabled: true, parentRefs, hostnames },
        }),
        /- grpcRoute\.hostnames has grpc\.example\.com, which httpRoute\.hostnames has too/,
      );
    }
    const httpRoute = { enabled: true, parentRefs, hostnames: ["http.example.com"] };
    assert.match(
      refusal({ ...chosen, httpRoute, grpcRoute: { enabled: true, parentRefs } }),
      /- grpcRoute\.hostnames is empty, which is all host names/,
    );
  });

  it("may be a port of somebody's own server, which reads no variable of this package", () => {
    const values = { server: { kind: "own", grpcPort: 8081 } };
    assert.equal(at(ports(values), "1.name"), "grpc");
    assert.doesNotMatch(JSON.stringify(render(values)), /MODEL_SERVER_GRPC_PORT/);
  });
});
