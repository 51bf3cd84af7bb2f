import assert from "node:assert/strict";
import { at, type Manifest, ofKind, only, refusal, render, type Values } from "./helm";

const policies = (values: Values = {}) =>
  ofKind(render({ networkPolicy: { enabled: true, ...values } }), "NetworkPolicy");

/** The policy of the model's pods, or that of the test's. */
function policy(values: Values = {}, suffix: "" | "-test" = ""): Manifest {
  const name = `demo-model-serving${suffix}`;
  const found = policies(values).find(({ metadata }) => metadata.name === name);
  assert.ok(found, `no policy ${name}`);
  return found;
}

const dns = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: {
        matchExpressions: [
          { key: "k8s-app", operator: "In", values: ["kube-dns", "coredns", "node-local-dns"] },
        ],
      },
    },
    { ipBlock: { cidr: "169.254.20.10/32" } },
  ],
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

const testPod = {
  podSelector: {
    matchLabels: {
      "app.kubernetes.io/name": "model-serving",
      "app.kubernetes.io/instance": "demo",
      "model-serving/track": "test",
    },
  },
};

describe("chart: NetworkPolicy", () => {
  it("is off by default", () => {
    assert.deepEqual(ofKind(render(), "NetworkPolicy"), []);
  });

  it("allows requests from the namespace and questions to the DNS, nothing else", () => {
    assert.deepEqual(at(policy(), "spec.policyTypes"), ["Ingress", "Egress"]);
    assert.deepEqual(at(policy(), "spec.ingress"), [
      {
        ports: [
          { port: "http", protocol: "TCP" },
          { port: "management", protocol: "TCP" },
        ],
        from: [testPod, { podSelector: {} }],
      },
    ]);
    assert.deepEqual(at(policy(), "spec.egress"), [dns]);
  });

  it("denies everything but the release's own test when nothing is allowed", () => {
    const spec = at(policy({ allowSameNamespace: false, allowDNS: false }), "spec") as object;
    assert.deepEqual(at(spec, "ingress.0.from"), [testPod]);
    assert.ok(!("egress" in spec));
    const labels = at(only(render(), "Pod"), "metadata.labels");
    for (const [key, value] of Object.entries(testPod.podSelector.matchLabels)) {
      assert.equal(at(labels, [key]), value);
    }
  });

  it("lets the test ask the model and nothing else", () => {
    const { spec } = policy({ allowDNS: false }, "-test");
    assert.deepEqual(at(spec, "podSelector"), testPod.podSelector);
    assert.deepEqual(at(spec, "policyTypes"), ["Ingress", "Egress"]);
    assert.equal(at(spec, "ingress"), undefined);
    const { spec: ofModel } = policy();
    assert.deepEqual(at(spec, "egress"), [
      {
        to: [{ podSelector: at(ofModel, "podSelector") }],
        ports: [{ port: 5000, protocol: "TCP" }],
      },
    ]);
    assert.deepEqual(at(policy({}, "-test"), "spec.egress.1"), dns);
  });

  it("allows named namespaces, further peers and further targets", () => {
    const block = { ipBlock: { cidr: "10.0.0.0/8" } };
    const target = { to: [block], ports: [{ port: 443 }] };
    const created = policy({
      allowSameNamespace: false,
      allowNamespaces: ["ingress-nginx", "monitoring"],
      allowFrom: [block],
      egress: [target],
    });
    assert.deepEqual(at(created, "spec.ingress.0.from"), [
      testPod,
      {
        namespaceSelector: {
          matchExpressions: [
            {
              key: "kubernetes.io/metadata.name",
              operator: "In",
              values: ["ingress-nginx", "monitoring"],
            },
          ],
        },
      },
      block,
    ]);
    assert.deepEqual(at(created, "spec.egress"), [dns, target]);
  });

  it("lets nobody but the cluster's DNS be asked, or who is named as the DNS", () => {
    const dnsPeers = [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "openshift-dns" } },
      },
    ];
    for (const suffix of ["", "-test"] as const) {
      const rules = at(policy({ dnsPeers, dnsPorts: [5353] }, suffix), "spec.egress") as object[];
      assert.deepEqual(rules.at(-1), {
        to: dnsPeers,
        ports: [
          { port: 5353, protocol: "UDP" },
          { port: 5353, protocol: "TCP" },
        ],
      });
    }
    // Without a peer a rule would let everybody be asked.
    assert.match(refusal({ networkPolicy: { enabled: true, dnsPeers: [] } }), /dnsPeers/);
    for (const created of policies()) {
      const rules = (at(created, "spec.egress") ?? []) as { to?: object[] }[];
      for (const rule of rules) {
        assert.ok((rule.to ?? []).length > 0, JSON.stringify(rule));
      }
    }
  });

  it("is for the pods that serve, not for the one that tests them", () => {
    const selector = at(policy(), "spec.podSelector");
    assert.deepEqual(at(selector, "matchExpressions"), [
      { key: "model-serving/track", operator: "In", values: ["stable", "canary"] },
    ]);
    const labels = at(only(render(), "Deployment"), "spec.template.metadata.labels");
    for (const [key, value] of Object.entries(at(selector, "matchLabels") as object)) {
      assert.equal(at(labels, [key]), value);
    }
  });
});
