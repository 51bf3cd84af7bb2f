import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";

const parentRefs = [{ name: "public", namespace: "gateways", sectionName: "https" }];
const route = (values: Values = {}) =>
  only(render({ httpRoute: { enabled: true, parentRefs, ...values } }), "HTTPRoute");

describe("chart: HTTPRoute", () => {
  it("is off by default", () => {
    assert.deepEqual(ofKind(render(), "HTTPRoute"), []);
  });

  it("leads everything the gateway serves to the Service", () => {
    assert.deepEqual(at(route(), "spec"), {
      parentRefs,
      rules: [{ backendRefs: [{ name: "demo-model-serving", port: 80, weight: 100 }] }],
    });
  });

  it("takes hosts, matches, filters and time limits", () => {
    const matches = [{ path: { type: "PathPrefix", value: "/v2/models/wine" } }];
    const filters = [
      { type: "RequestHeaderModifier", requestHeaderModifier: { remove: ["cookie"] } },
    ];
    const timeouts = { request: "5s" };
    const created = route({ hostnames: ["wine.example.com"], matches, filters, timeouts });
    assert.deepEqual(at(created, "spec.hostnames"), ["wine.example.com"]);
    assert.deepEqual(at(created, "spec.rules.0.matches"), matches);
    assert.deepEqual(at(created, "spec.rules.0.filters"), filters);
    assert.deepEqual(at(created, "spec.rules.0.timeouts"), timeouts);
  });

  it("is refused without a gateway", () => {
    assert.match(
      refusal({ httpRoute: { enabled: true } }),
      /httpRoute\.parentRefs is empty: name the gateway/,
    );
  });

  it("is refused with a match that the Gateway API does not know", () => {
    assert.match(
      refusal({ httpRoute: { enabled: true, parentRefs, matches: [{ prefix: "/" }] } }),
      /httpRoute[./]matches[./]0.*prefix/s,
    );
  });
});
