import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";

const ingress = (values: Values) =>
  only(
    render({ ingress: { enabled: true, hosts: [{ host: "m.example.com" }], ...values } }),
    "Ingress",
  );

describe("chart: Ingress", () => {
  it("is off by default", () => {
    assert.deepEqual(ofKind(render(), "Ingress"), []);
  });

  it("leads every path of a host to the Service", () => {
    const created = ingress({});
    assert.equal(at(created, "spec.ingressClassName"), "nginx");
    assert.deepEqual(at(created, "spec.rules"), [
      {
        host: "m.example.com",
        http: {
          paths: [
            {
              path: "/",
              pathType: "Prefix",
              backend: { service: { name: "demo-model-serving", port: { name: "http" } } },
            },
          ],
        },
      },
    ]);
  });

  it("takes several hosts, each with its own paths", () => {
    const created = ingress({
      hosts: [
        { host: "a.example.com", paths: [{ path: "/x", pathType: "Exact" }, { path: "/y" }] },
        { host: "*.b.example.com" },
      ],
    });
    assert.equal(at(created, "spec.rules.0.http.paths.0.pathType"), "Exact");
    assert.equal(at(created, "spec.rules.0.http.paths.1.pathType"), "Prefix");
    assert.equal(at(created, "spec.rules.1.host"), "*.b.example.com");
  });

  it("carries class, annotations and certificates", () => {
    const tls = [{ secretName: "cert", hosts: ["m.example.com"] }];
    const created = ingress({ className: "skipper", annotations: { a: "b" }, tls });
    assert.equal(at(created, "spec.ingressClassName"), "skipper");
    assert.deepEqual(at(created, "metadata.annotations"), { a: "b" });
    assert.deepEqual(at(created, "spec.tls"), tls);
  });

  it("names no class when that is empty, so that the cluster's default is taken", () => {
    assert.equal(at(ingress({ className: "" }), "spec.ingressClassName"), undefined);
  });

  it("is refused without a host", () => {
    assert.match(
      refusal({ ingress: { enabled: true } }),
      /ingress\.hosts is empty: name at least one host/,
    );
  });

  it("is refused with a host that is a URL", () => {
    assert.match(
      refusal({ ingress: { enabled: true, hosts: [{ host: "https://m.example.com/" }] } }),
      /ingress[./]hosts[./]0[./]host/,
    );
  });

  it("is refused with paths that are not objects", () => {
    assert.match(
      refusal({ ingress: { enabled: true, hosts: [{ host: "m.example.com", paths: ["/"] }] } }),
      /ingress[./]hosts[./]0[./]paths[./]0/,
    );
  });
});
