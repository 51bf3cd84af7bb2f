import assert from "node:assert/strict";
import { isLoopback } from "../../../components/network/loopback";
import { proxyFor } from "../../../components/network/proxy";

describe("the proxy for an address", () => {
  const HTTPS_PROXY = "http://proxy:3128";

  // By the rules of golang.org/x/net/http/httpproxy.
  const cases: [noProxy: string, excepted: string[], others: string[]][] = [
    ["", [], ["https://a.example"]],
    ["example.com", ["https://example.com", "https://a.example.com"], ["https://anexample.com"]],
    [".example.com", ["https://a.example.com"], ["https://example.com"]],
    ["*.example.com", ["https://a.b.example.com"], ["https://example.com"]],
    [
      "10.0.0.0/8, 192.168.1.1",
      ["https://10.1.2.3:6443", "https://192.168.1.1"],
      ["https://11.0.0.1"],
    ],
    [
      "fd00::/8,[2001:db8::1]:6443",
      ["https://[fd00::7]", "https://[2001:db8::1]:6443"],
      ["https://[2001:db8::1]"],
    ],
    ["example.com:6443", ["https://example.com:6443"], ["https://example.com"]],
    ["a.example:443", ["https://A.example"], []],
    ["*", ["https://a.example", "https://10.0.0.1"], []],
    ["10.0.0.0/99,:,/", [], ["https://10.0.0.1"]],
  ];
  for (const [NO_PROXY, excepted, others] of cases) {
    it(`is left out by NO_PROXY=${NO_PROXY}`, () => {
      for (const url of excepted) {
        assert.equal(proxyFor(url, { HTTPS_PROXY, NO_PROXY }), undefined, url);
      }
      for (const url of others) {
        assert.equal(proxyFor(url, { HTTPS_PROXY, NO_PROXY }), HTTPS_PROXY, url);
      }
    });
  }

  it("is that of its scheme, in upper or lower case, with or without a scheme of its own", () => {
    assert.equal(proxyFor("http://a.example", { HTTPS_PROXY }), undefined);
    assert.equal(proxyFor("http://a.example", { http_proxy: "proxy:1" }), "http://proxy:1");
    assert.equal(proxyFor("https://a.example", { https_proxy: "socks5://p:1" }), "socks5://p:1");
    assert.equal(proxyFor("https://a.example", { HTTPS_PROXY: "" }), undefined);
  });

  it("is none for this machine", () => {
    for (const host of ["localhost", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000", "a.localhost"]) {
      assert.equal(proxyFor(`https://${host}`, { HTTPS_PROXY }), undefined);
    }
  });
});

describe("this machine", () => {
  it("is known by its names", () => {
    for (const host of [
      "localhost",
      "LOCALHOST",
      "x.localhost",
      "127.0.0.1",
      "[::1]",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
    ]) {
      assert.ok(isLoopback(host), host);
    }
  });

  it("is not what only looks like it", () => {
    for (const host of [
      "127.0.0.1.example.com",
      "localhost.example.com",
      "127.example",
      "0.0.0.0",
      "1270.0.0.1",
      "notlocalhost",
      "::",
      "10.127.0.1",
    ]) {
      assert.ok(!isLoopback(host), host);
    }
  });
});
