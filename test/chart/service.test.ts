import assert from "node:assert/strict";
import { at, only, refusal, render, type Values } from "./helm";

const service = (values: Values = {}) => only(render(values), "Service");

describe("chart: Service", () => {
  it("leads from port 80 inside the cluster to the server", () => {
    assert.equal(at(service(), "spec.type"), "ClusterIP");
    assert.deepEqual(at(service(), "spec.ports"), [
      { name: "http", port: 80, targetPort: "http", protocol: "TCP" },
    ]);
  });

  it("selects exactly the Deployment's pods", () => {
    const deployment = only(render(), "Deployment");
    assert.deepEqual(at(service(), "spec.selector"), at(deployment, "spec.selector.matchLabels"));
  });

  it("can be opened on the nodes", () => {
    const opened = service({ service: { type: "NodePort", nodePort: 30080, port: 8080 } });
    assert.equal(at(opened, "spec.type"), "NodePort");
    assert.equal(at(opened, "spec.ports.0.nodePort"), 30080);
    assert.equal(at(opened, "spec.ports.0.port"), 8080);
  });

  it("carries its annotations and the common ones", () => {
    const values = { service: { annotations: { a: "1" } }, commonAnnotations: { a: "0", b: "2" } };
    assert.deepEqual(at(service(values), "metadata.annotations"), { a: "1", b: "2" });
  });

  it("is refused with a type that cannot lead to pods", () => {
    assert.match(refusal({ service: { type: "ExternalName" } }), /service[./]type/);
  });

  it("is refused with a port on the nodes that the type does not have", () => {
    assert.match(
      refusal({ service: { nodePort: 30080 } }),
      /service\.nodePort is 30080.*set service\.type=NodePort/,
    );
  });

  it("is refused with a port out of range", () => {
    assert.match(refusal({ service: { port: 70000 } }), /service[./]port.*65,?535/s);
  });
});
