/** Every kind of violation in every environment, by the real engine. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { Project } from "./project";

type Values = Record<string, unknown>;
type Level = "mandatory" | "advisory";

const digest = `sha256:${"a".repeat(64)}`;
const sha256 = "b".repeat(64);

/** A model that violates nothing, and what makes it violate. */
function model(change: Values = {}): Values {
  return {
    tag: "1.0.0",
    sha256,
    image: { digest },
    values: {
      podDisruptionBudget: { enabled: true },
      podLabels: { team: "data-science", environment: "anywhere" },
    },
    ...change,
  };
}

function withValues(values: Values): Values {
  return model({ values: { ...(model().values as Values), ...values } });
}

const sidecar = {
  name: "proxy",
  image: "ghcr.io/acme/proxy:1.0.0",
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "16Mi" } },
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};

/** A job by tag, without limits, that may do everything. */
const cleanUp = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "clean-up" },
  spec: {
    schedule: "@daily",
    jobTemplate: {
      spec: {
        template: {
          metadata: { labels: { team: "data-science", environment: "anywhere" } },
          spec: {
            restartPolicy: "Never",
            hostPID: true,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
            containers: [{ ...sidecar, resources: requestsOnlyOf(sidecar) }],
          },
        },
      },
    },
  },
};

function requestsOnlyOf({ resources }: typeof sidecar) {
  return { requests: resources.requests };
}

const config = {
  namespace: "models",
  image: { registry: "ghcr.io/acme", builder: "docker-build" },
  allowPickle: false,
  replicas: "2",
  models: {
    good: model(),
    unpinned: withValues({ sidecars: [sidecar] }),
    latest: model({ image: { digest, tag: "latest" } }),
    "base-latest": model({
      image: { baseImage: "python:latest" },
      source: { image: { path: "models/wine/1.0.0/model.pkl" } },
      sha256: undefined,
      allowPickle: true,
    }),
    unlimited: withValues({
      sidecars: [
        { ...sidecar, image: `${sidecar.image}@${digest}`, resources: requestsOnlyOf(sidecar) },
      ],
    }),
    single: model({ replicas: 1 }),
    fragile: withValues({ podDisruptionBudget: { enabled: false } }),
    pickled: model({ sha256: undefined, allowPickle: true }),
    open: model({ ingress: { hosts: [{ host: "open.example.com" }] } }),
    homeless: model({ namespace: "default" }),
    nameless: withValues({ podLabels: { team: "data-science" } }),
    forwarding: withValues({ logForwarding: { enabled: true, outputs: [{ name: "stdout" }] } }),
    privileged: withValues({ securityContext: { privileged: true } }),
    canaried: model({
      ingress: { hosts: [{ host: "canaried.localhost" }] },
      values: {
        ...(model().values as Values),
        canary: { enabled: true, model: { version: "2.0.0", allowPickle: true } },
      },
    }),
    told: withValues({ env: [{ name: "MODEL_SERVER_ALLOW_PICKLE", value: "1" }] }),
    crowded: withValues({ extraObjects: [cleanUp] }),
  },
};

const always: Level[] = ["advisory", "mandatory", "mandatory"];
const job = "values.extraObjects[0].spec.jobTemplate.spec.template.spec";

/** Policy, the setting its message names, and its level in dev, staging and prod. */
const expected: [string, string, ...(Level | undefined)[]][] = [
  [
    "image-pinned",
    "models.unpinned.values.sidecars[0].image",
    "advisory",
    "mandatory",
    "mandatory",
  ],
  ["no-latest", "models.latest.image", "advisory", "mandatory", "mandatory"],
  ["no-latest", "image.baseImage", "advisory", "mandatory", "mandatory"],
  [
    "resources-set",
    "models.unlimited.values.sidecars[0].resources.limits.memory",
    "advisory",
    "mandatory",
    "mandatory",
  ],
  ["enough-replicas", "models.single.replicas", undefined, "advisory", "mandatory"],
  [
    "disruption-budget",
    "models.fragile.values.podDisruptionBudget.enabled",
    undefined,
    "advisory",
    "mandatory",
  ],
  ["pickle-pinned", "models.pickled.sha256", "advisory", "mandatory", "mandatory"],
  ["no-pickle", "models.pickled.allowPickle", undefined, undefined, "advisory"],
  ["no-pickle", "models.base-latest.allowPickle", undefined, undefined, "advisory"],
  ["image-pinned", "models.forwarding.values.logForwarding.image", ...always],
  ["pod-security", "models.privileged.values.securityContext.privileged", ...always],
  ["pickle-pinned", "models.canaried.values.canary.model.sha256", ...always],
  [
    "no-pickle",
    "models.canaried.values.canary.model.allowPickle",
    undefined,
    undefined,
    "advisory",
  ],
  ["no-pickle", "models.told.values.env[0]", undefined, undefined, "advisory"],
  ["image-pinned", `models.crowded.${job}.containers[0].image`, ...always],
  ["resources-set", `models.crowded.${job}.containers[0].resources.limits.memory`, ...always],
  ["pod-security", `models.crowded.${job}.hostPID`, ...always],
  ["tls-on-ingress", "models.open.ingress.tls", "advisory", "mandatory", "mandatory"],
  ["own-namespace", "models.homeless.namespace", "advisory", "mandatory", "mandatory"],
  ["labels", "models.nameless.values.podLabels.environment", "advisory", "mandatory", "mandatory"],
];

describe("the policies in a real preview", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let project: Project;
  before(() => {
    project = Project.create();
  });
  after(() => project.remove());

  for (const [index, stack] of ["dev", "staging", "prod"].entries()) {
    it(`report each violation in ${stack}, with its level and the setting to edit`, async () => {
      project.writeConfig(stack, config);
      await project.withState(stack);
      const { code, stdout, violations } = await project.preview(stack);
      const levels = expected.flatMap(([policy, setting, ...byStack]) => {
        const level = byStack[index];
        return level === undefined ? [] : [`${level} ${policy} ${setting}`];
      });
      const found = violations.map(
        ({ policy, isMandatory, message }) =>
          `${isMandatory ? "mandatory" : "advisory"} ${policy.replace("-advisory", "")} ${message.split(": ")[0]}`,
      );
      assert.deepEqual(found.sort(), levels.sort(), stdout);
      assert.equal(code === 0, !levels.some((line) => line.startsWith("mandatory")), stdout);
    });
  }

  it("let a good stack through in production, images that will be built included", async () => {
    const built = model({
      image: undefined,
      source: { image: { path: "models/wine/1.0.0/model.pkl" } },
      sha256: undefined,
      allowPickle: true,
    });
    project.writeConfig("production", { ...config, models: { good: model(), built } });
    await project.withState("production");
    const { code, stdout, violations, policies } = await project.preview("production");
    assert.equal(code, 0, stdout);
    assert.deepEqual(
      violations.map(({ policy, message }) => `${policy} ${message.split(":")[0]}`),
      ["no-pickle models.built.allowPickle"],
    );
    assert.ok(policies.includes("image-pinned"), policies.join());
  });

  it("judge a program whose package.json has no version, as of one that is not published", async () => {
    const file = project.path("package.json");
    const before = fs.readFileSync(file, "utf8");
    const { version, ...others } = JSON.parse(before) as Record<string, unknown>;
    assert.ok(typeof version === "string", "or this shows nothing");
    project.writeConfig("unversioned-prod", {
      ...config,
      models: { latest: config.models.latest },
    });
    await project.withState("unversioned-prod");
    fs.writeFileSync(file, JSON.stringify(others));
    try {
      const { stdout, stderr, violations } = await project.preview("unversioned-prod");
      assert.deepEqual(
        violations.map(({ message }) => message.split(":")[0]),
        ["models.latest.image"],
        stdout + stderr,
      );
    } finally {
      fs.writeFileSync(file, before);
    }
  });
});
