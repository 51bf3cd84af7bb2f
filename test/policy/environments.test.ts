import assert from "node:assert/strict";
import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { type Environment, environmentOf } from "../../policy/environment";
import { policiesOf, type Severity } from "../../policy/rule";
import { rules } from "../../policy/rules";

const releaseType = "model-deployment:index:ModelDeployment$kubernetes:helm.sh/v3:Release";
const none: ReadonlyMap<string, string> = new Map();

/** A release that breaks every rule. */
const bad = {
  name: "wine",
  namespace: "default",
  chart: "chart",
  values: {
    image: { repository: "wine", tag: "latest" },
    resources: { limits: { memory: null } },
    securityContext: { privileged: true },
    ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] },
  },
};

class NotApplicable extends Error {}

/** What a policy says of a resource, called as Pulumi calls it. */
async function reports(
  policy: ResourceValidationPolicy,
  { stack = "prod", type = releaseType, props = bad as object, tags = none } = {},
): Promise<string[]> {
  const messages: string[] = [];
  const args = {
    type,
    props,
    urn: `urn:pulumi:${stack}::model-deployment::${type}::wine`,
    name: "wine",
    stackTags: tags,
    notApplicable: (reason?: string) => {
      throw new NotApplicable(reason);
    },
  };
  assert.ok(typeof policy.validateResource === "function");
  try {
    await policy.validateResource(args as unknown as ResourceValidationArgs, (message) => {
      messages.push(message);
    });
  } catch (error) {
    if (!(error instanceof NotApplicable)) {
      throw error;
    }
  }
  return messages;
}

const expected: Record<string, [dev: Severity, staging: Severity, prod: Severity]> = {
  "image-pinned": ["advisory", "mandatory", "mandatory"],
  "no-latest": ["advisory", "mandatory", "mandatory"],
  "resources-set": ["advisory", "mandatory", "mandatory"],
  "enough-replicas": ["disabled", "advisory", "mandatory"],
  "disruption-budget": ["disabled", "advisory", "mandatory"],
  "pickle-pinned": ["advisory", "mandatory", "mandatory"],
  "no-pickle": ["disabled", "disabled", "advisory"],
  "pod-security": ["advisory", "mandatory", "mandatory"],
  "tls-on-ingress": ["advisory", "mandatory", "mandatory"],
  "own-namespace": ["advisory", "mandatory", "mandatory"],
  labels: ["advisory", "mandatory", "mandatory"],
};

describe("the severity of the policies", () => {
  for (const [index, stack] of (["dev", "staging", "prod"] as const).entries()) {
    for (const [name, severities] of Object.entries(expected)) {
      const severity = severities[index];
      it(`of ${name} in ${stack} is ${severity}`, async () => {
        const rule = rules.find((one) => one.name === name);
        assert.ok(rule);
        const levels: unknown[] = [];
        for (const policy of policiesOf(rule)) {
          const messages = await reports(policy, { stack });
          for (const message of messages) {
            assert.match(message, /^models\.wine\.[a-z]/);
          }
          if (messages.length > 0) {
            levels.push(policy.enforcementLevel);
          }
        }
        assert.deepEqual(levels, severity === "disabled" ? [] : [severity]);
      });
    }
  }

  it("is about every rule", () => {
    assert.deepEqual(
      rules.map(({ name }) => name),
      Object.keys(expected),
    );
  });

  it("is one of policies whose names are all different", () => {
    const names = rules.flatMap(policiesOf).map(({ name }) => name);
    assert.deepEqual([...new Set(names)], names);
  });

  const environments: Record<string, Environment> = {
    prod: "prod",
    "eu-production": "prod",
    dev: "dev",
    "alice-dev": "dev",
    "pr-17": "dev",
    staging: "staging",
    alice: "staging",
    product: "staging",
    devops: "staging",
  };
  for (const [stack, environment] of Object.entries(environments)) {
    it(`of stack ${stack} is that of ${environment}`, () => {
      assert.equal(environmentOf(stack, none), environment);
    });
  }

  it("follows the stack's tag before its name, and only a tag that says something", () => {
    const tagged = (value: string) => new Map([["model-deployment:environment", value]]);
    assert.equal(environmentOf("alice", tagged("prod")), "prod");
    assert.equal(environmentOf("prod", tagged("dev")), "dev");
    assert.throws(() => environmentOf("alice", tagged("qa")), /"qa"; accepted: dev, staging, prod/);
  });

  it("is of this project's resources alone", async () => {
    for (const policy of rules.flatMap(policiesOf)) {
      assert.deepEqual(await reports(policy, { type: "kubernetes:helm.sh/v3:Release" }), []);
      assert.deepEqual(await reports(policy, { type: "kubernetes:core/v1:Namespace" }), []);
    }
  });

  it("counts for the base image of a build, by either builder", async () => {
    const policies = rules.flatMap(policiesOf).filter(({ name }) => name === "no-latest");
    const image = "model-deployment:index:ServingImage";
    const built = await reports(policies[0] as ResourceValidationPolicy, {
      type: `${image}$docker-build:index:Image`,
      props: { buildArgs: { BASE_IMAGE: "python:latest" } },
    });
    const byDocker = await reports(policies[0] as ResourceValidationPolicy, {
      type: `${image}$docker:index/image:Image`,
      props: { build: { args: { BASE_IMAGE: "python:latest" } } },
    });
    assert.equal(built.length, 1);
    assert.deepEqual(byDocker, built);
  });

  it("knows the image that will be built from one that nobody pinned", async () => {
    const [policy] = rules.flatMap(policiesOf).filter(({ name }) => name === "image-pinned");
    assert.ok(policy);
    const image = { repository: "ghcr.io/acme/iris", tag: "3.0.0" };
    const props = { ...bad, values: { ...bad.values, image } };
    assert.equal((await reports(policy, { props })).length, 1);
    const type = "model-deployment:index:ServingImage$docker-build:index:Image";
    await reports(policy, { type, props: { tags: ["ghcr.io/acme/iris:3.0.0"] } });
    assert.deepEqual(await reports(policy, { props }), []);
  });

  it("is not lost where the chart refuses the values, or nothing can render it", async () => {
    const policies = rules.flatMap(policiesOf).filter(({ name }) => name === "pod-security");
    const [policy] = policies;
    assert.ok(policy);
    const props = { ...bad, values: { ...bad.values, replicaCount: "many" } };
    const [refused, ...more] = await reports(policy, { props });
    assert.deepEqual(more, []);
    assert.match(
      refused ?? "",
      /^models\.wine: cannot be judged: the chart refuses .*replicaCount/,
    );
    const { PATH } = process.env;
    process.env.PATH = "";
    try {
      const other = { ...bad, values: { ...bad.values, replicaCount: 7 } };
      assert.match(
        (await reports(policy, { props: other }))[0] ?? "",
        /^models\.wine: cannot be judged: helm is not on PATH, .* install Helm 3/,
      );
    } finally {
      process.env.PATH = PATH;
    }
  });

  it("is not lost where a value is unknown", async () => {
    // As Pulumi hands unknown values over: they throw when they are read.
    const image = Object.defineProperty({ repository: "wine", tag: "latest" }, "digest", {
      enumerable: true,
      get: () => {
        throw new Error("can't be known during preview");
      },
    });
    const props = { ...bad, values: { ...bad.values, image } };
    const found: Record<string, number> = {};
    for (const policy of rules.flatMap(policiesOf)) {
      found[policy.name] = (await reports(policy, { props })).length;
    }
    assert.equal(found["image-pinned"], 0);
    assert.equal(found["tls-on-ingress"], 1);
    assert.equal(found.labels, 2);
  });
});
