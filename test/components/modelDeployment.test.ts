import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ModelDeployment, type ModelDeploymentArgs } from "../../components";
import { readChart } from "../../components/release/chart";
import { type OwnedValues, releaseValues } from "../../components/release/values";
import type { Values } from "../../shared/mappings";
import { packageFolder } from "../../shared/packageFolder";
import { temporaryFolder } from "../temporaryFolder";
import { digest, isKnown, mockPulumi, only, type Registered, resolved } from "./mockedPulumi";
import { assertChartTakes } from "./release/chartSchema";

const folder = temporaryFolder("model-deployment");
const modelPath = path.join(folder, "model.json");
const sha256 = createHash("sha256").update("model").digest("hex");
const home = process.cwd();

async function deploy(
  changes: Partial<ModelDeploymentArgs> = {},
  options?: Parameters<typeof mockPulumi>[0],
): Promise<{ registered: Registered[]; deployment: ModelDeployment; release: Registered }> {
  const registered = mockPulumi(options);
  const deployment = new ModelDeployment("wine", {
    version: "1.0.0",
    source: { image: { path: modelPath } },
    image: { repository: "localhost:5001/wine" },
    namespace: "models",
    ...changes,
  });
  await resolved(deployment.releaseName);
  await resolved(deployment.image);
  const release = only(registered, "kubernetes:helm.sh/v3:Release");
  if (options?.preview !== true) {
    assertChartTakes(release.inputs.values);
  }
  return { registered, deployment, release };
}

describe("ModelDeployment", () => {
  before(() => {
    process.chdir(folder);
    fs.writeFileSync(modelPath, "model");
  });
  after(() => {
    process.chdir(home);
  });

  it("installs the chart as a release named after the model, atomic and bounded", async () => {
    const { inputs } = (await deploy()).release;
    const { values, description, version, ...rest } = inputs;
    assert.deepEqual(rest, {
      name: "wine",
      namespace: "models",
      chart: packageFolder("chart"),
      atomic: true,
      cleanupOnFail: true,
      timeout: 300,
      maxHistory: 10,
      compat: "true",
    });
    assert.equal(path.isAbsolute(rest.chart), false);
    assert.match(version, /^\d+\.\d+\.\d+/);
  });

  it("hands the image's digest and the model's identity to the chart", async () => {
    const { values } = (await deploy()).release.inputs;
    assert.match(values.global.chartFingerprint, /^[0-9a-f]{12}$/);
    delete values.global;
    const { tag } = values.image;
    assert.match(tag, /^1\.0\.0-[0-9a-f]{12}$/);
    assert.deepEqual(values, {
      fullnameOverride: "wine",
      image: { repository: "localhost:5001/wine", tag, digest },
      model: { name: "wine", version: "1.0.0", sha256 },
      replicaCount: 1,
    });
  });

  it("hands on everything that was said", async () => {
    const { values } = (
      await deploy({
        image: {
          repository: "localhost:5001/wine",
          pullPolicy: "Always",
          pullSecrets: ["regcred", "other"],
        },
        replicas: pulumi.output(3),
        resources: { limits: { cpu: 1, memory: "1Gi" } },
        ingress: { hosts: [{ host: "wine.example.com" }], annotations: { a: "b" } },
        values: { podLabels: { team: "ml" }, global: { region: "eu" } },
      })
    ).release.inputs;
    assert.equal(values.image.pullPolicy, "Always");
    assert.deepEqual(values.imagePullSecrets, [{ name: "regcred" }, { name: "other" }]);
    assert.equal(values.replicaCount, 3);
    assert.deepEqual(values.resources, { limits: { cpu: 1, memory: "1Gi" } });
    assert.deepEqual(values.ingress, {
      enabled: true,
      className: "nginx",
      annotations: { a: "b" },
      hosts: [{ host: "wine.example.com", paths: [{ path: "/", pathType: "Prefix" }] }],
    });
    assert.deepEqual(values.podLabels, { team: "ml" });
    assert.equal(values.global.region, "eu");
  });

  it("has the build verify the model with its marker for missing values", async () => {
    const argumentsOf = async (changes: Partial<ModelDeploymentArgs>) => {
      const { registered } = await deploy(changes);
      return only(registered, "docker:index/image:Image").inputs.build.args;
    };
    const marker = async (missingMarker: pulumi.Input<number> | undefined) =>
      (await argumentsOf({ values: { server: { missingMarker } } })).MISSING_MARKER;
    assert.equal(await marker(-999), "-999");
    assert.equal(await marker(0), "0");
    assert.equal(await marker(undefined), undefined);
    assert.equal("MISSING_MARKER" in (await argumentsOf({})), false);
  });

  it("sets the options of the release", async () => {
    const { inputs } = (await deploy({ release: { atomic: false, timeout: 60, maxHistory: 3 } }))
      .release;
    assert.deepEqual([inputs.atomic, inputs.timeout, inputs.maxHistory], [false, 60, 3]);
  });

  it("says in the description what helm history shows: model, version, sha256 and chart", async () => {
    const { inputs } = (await deploy()).release;
    assert.equal(
      inputs.description,
      `wine 1.0.0 (sha256 ${sha256.slice(0, 12)}), ` +
        `chart model-serving ${inputs.version} (${inputs.values.global.chartFingerprint})`,
    );
  });

  it("puts out where the model is and what it is", async () => {
    const { deployment, release } = await deploy({
      ingress: { hosts: [{ host: "wine.localhost" }], port: 8080 },
    });
    assert.deepEqual(
      {
        releaseName: await resolved(deployment.releaseName),
        namespace: await resolved(deployment.namespace),
        image: await resolved(deployment.image),
        model: await resolved(deployment.model),
        url: await resolved(deployment.url),
        ingressUrl: await resolved(deployment.ingressUrl),
      },
      {
        releaseName: "wine",
        namespace: "models",
        image: `localhost:5001/wine:${release.inputs.values.image.tag}@${digest}`,
        model: { name: "wine", version: "1.0.0", sha256 },
        url: "http://wine.models.svc",
        ingressUrl: "http://wine.localhost:8080/",
      },
    );
  });

  it("knows no ingress URL without ingress, and a port of the Service other than 80", async () => {
    const { deployment } = await deploy({ values: { service: { port: 8000 } } });
    assert.equal(await resolved(deployment.ingressUrl), undefined);
    assert.equal(await resolved(deployment.url), "http://wine.models.svc:8000");
  });

  it("deploys an image that exists without building or reading a file", async () => {
    const { registered, release, deployment } = await deploy({
      source: undefined,
      sha256,
      image: { repository: "ghcr.io/acme/wine", digest },
    });
    assert.deepEqual(
      registered.map(({ type }) => type),
      ["model-deployment:index:ModelDeployment", "kubernetes:helm.sh/v3:Release"],
    );
    assert.equal(release.inputs.values.image.digest, digest);
    assert.equal(release.inputs.values.model.sha256, sha256);
    assert.equal(await resolved(deployment.image), `ghcr.io/acme/wine:1.0.0@${digest}`);
  });

  it("previews with everything but the digest", async () => {
    const unbuilt = await deploy(
      {},
      { preview: true, provider: () => ({ repoDigest: undefined }) },
    );
    assert.equal(await isKnown(unbuilt.deployment.image), false);
    assert.equal(unbuilt.release.inputs.values.model.sha256, sha256);
    assert.equal(await resolved(unbuilt.deployment.url), "http://wine.models.svc");
  });

  it("refuses another model than the pinned one", async () => {
    await assert.rejects(
      deploy({ sha256: "0".repeat(64) }),
      new RegExp(`^Error: sha256: found 0{64}, but .*model\\.json has ${sha256}$`),
    );
  });

  it("refuses to do without a source", async () => {
    await assert.rejects(
      deploy({ source: {} }),
      /^Error: source: missing; accepted: a mapping with image, configMap, .* \(or set image\.digest\)$/,
    );
  });

  it("refuses chart values that it sets itself, with the argument to use", async () => {
    await assert.rejects(
      deploy({ values: { replicaCount: 2, image: {} } }),
      /set by the deployment itself: image \(use: image and tag\), replicaCount \(use: replicas\)$/,
    );
  });

  it("refuses chart values that would get lost, all at once, each with its key", async () => {
    const values = {
      priorityClassName: null,
      server: { maxRows: null },
      networkPolicy: { dnsPorts: [] },
      env: [{ name: "A", value: null }],
      // Nothing by which to empty a list that is empty.
      tolerations: [],
      podLabels: {},
    };
    await assert.rejects(deploy({ values }), (error: Error) => {
      const [first, ...lines] = error.message.split("\n");
      assert.equal(first, "these chart values cannot be set:");
      assert.deepEqual(
        lines.map((line) => line.trim()),
        [
          'values.priorityClassName: found null, which gets lost on the way to Helm; leave it out for the chart\'s own "", or say what is wanted instead',
          "values.server.maxRows: found null, which gets lost on the way to Helm; write none",
          "values.networkPolicy.dnsPorts: found [], which gets lost on the way to Helm; leave it out for the chart's own [53], or say what is wanted instead",
          "values.env[0].value: found null, which gets lost on the way to Helm; leave it out",
        ],
      );
      return true;
    });
    const { release } = await deploy({
      values: { server: { maxRows: "none" }, tolerations: [], podLabels: {} },
    });
    assert.equal(release.inputs.values.server.maxRows, "none");
    assert.deepEqual(release.inputs.values.tolerations, []);
  });

  it("refuses them as outputs and promises too, and keeps secret what is", async () => {
    const late: [values: Values, line: string][] = [
      [{ server: { maxRows: pulumi.output(null) } }, "values.server.maxRows: found null"],
      [{ server: pulumi.secret({ maxRows: null }) }, "values.server.maxRows: found null"],
      [
        { networkPolicy: Promise.resolve({ dnsPorts: [] }) },
        "values.networkPolicy.dnsPorts: found []",
      ],
      [{ env: [{ name: "A", value: pulumi.output(null) }] }, "values.env[0].value: found null"],
    ];
    const owned = { image: {}, model: {} } as OwnedValues;
    const chart = readChart(packageFolder("chart"));
    for (const [values, line] of late) {
      await assert.rejects(
        resolved(pulumi.output(releaseValues(owned, values, chart))),
        (error: Error) => {
          assert.ok(error.message.includes(line), error.message);
          return true;
        },
      );
    }
    const podAnnotations = { a: pulumi.secret("hidden"), b: pulumi.output("seen") };
    const kept = releaseValues(owned, { podAnnotations }, chart)
      .podAnnotations as typeof podAnnotations;
    assert.deepEqual(await Promise.all([kept.a, kept.b].map(resolved)), ["hidden", "seen"]);
    assert.deepEqual(await Promise.all([kept.a, kept.b].map(pulumi.isSecret)), [true, false]);
  });

  it("changes the release's inputs when a template changes, and the pods' values stay", async () => {
    const chart = path.join(folder, "chart");
    fs.cpSync(path.resolve(home, "chart"), chart, { recursive: true });
    const before = (await deploy({ chart })).release.inputs;
    fs.appendFileSync(path.join(chart, "templates", "NOTES.txt"), "\nmore\n");
    const after = (await deploy({ chart })).release.inputs;
    assert.notEqual(after.values.global.chartFingerprint, before.values.global.chartFingerprint);
    const rendered = ({ global, ...values }: Record<string, unknown>) => values;
    assert.deepEqual(rendered(after.values), rendered(before.values));
    assert.equal(after.version, before.version);
  });
});
