import assert from "node:assert/strict";
import type { IngressArgs } from "../../../components/arguments/ingress";
import { ingressUrl, ingressValues } from "../../../components/release/ingress";

const urls: [what: string, ingress: IngressArgs, url: string | undefined][] = [
  ["no hosts", {}, undefined],
  ["a host", { hosts: [{ host: "a.b" }] }, "http://a.b/"],
  ["a host, switched off", { enabled: false, hosts: [{ host: "a.b" }] }, undefined],
  ["a port", { hosts: [{ host: "a.b" }], port: 8080 }, "http://a.b:8080/"],
  ["the usual port", { hosts: [{ host: "a.b" }], port: 80 }, "http://a.b/"],
  ["a path", { hosts: [{ host: "a.b", paths: [{ path: "/wine" }] }] }, "http://a.b/wine"],
  ["TLS for the host", { hosts: [{ host: "a.b" }], tls: [{ hosts: ["a.b"] }] }, "https://a.b/"],
  ["TLS for another", { hosts: [{ host: "a.b" }], tls: [{ hosts: ["c.d"] }] }, "http://a.b/"],
  ["TLS for all", { hosts: [{ host: "a.b" }], tls: [{ secretName: "x" }] }, "https://a.b/"],
  [
    "TLS on a port",
    { hosts: [{ host: "a.b" }], tls: [{ secretName: "x" }], port: 8443 },
    "https://a.b:8443/",
  ],
  ["a pattern first", { hosts: [{ host: "*.a.b" }, { host: "c.d" }] }, "http://c.d/"],
  ["only a pattern", { hosts: [{ host: "*.a.b" }] }, undefined],
];

describe("the ingress", () => {
  for (const [what, ingress, url] of urls) {
    it(`with ${what} has the URL ${url}`, () => {
      assert.equal(ingressUrl(ingress), url);
    });
  }

  it("is off in the chart's values without hosts", () => {
    assert.deepEqual(ingressValues({ className: "nginx", port: 80 }), { enabled: false });
  });

  it("keeps paths and certificates as they were said", () => {
    const hosts = [{ host: "a.b", paths: [{ path: "/x", pathType: "Exact" as const }, {}] }];
    const tls = [{ secretName: "a", hosts: ["a.b"] }];
    assert.deepEqual(ingressValues({ className: "", hosts, tls }), {
      enabled: true,
      className: "",
      hosts: [
        {
          host: "a.b",
          paths: [
            { path: "/x", pathType: "Exact" },
            { path: "/", pathType: "Prefix" },
          ],
        },
      ],
      tls,
    });
  });
});
