import assert from "node:assert/strict";
import * as fs from "node:fs";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ConfigError, type IngressArgs, readModelFile, readStackConfig } from "../../../components";
import { temporaryFolder } from "../../temporaryFolder";
import { configure, mockPulumi, resolved } from "../mockedPulumi";

const folder = temporaryFolder("stack-config");

const basics = {
  image: { registry: "ghcr.io/acme" },
  source: { image: { path: `${folder}/{name}-{tag}.json` } },
};

describe("the stack's configuration", () => {
  before(() => {
    mockPulumi();
    for (const model of ["wine-1.0.0", "wine-2.0.0", "iris-7"]) {
      fs.writeFileSync(`${folder}/${model}.json`, model);
    }
  });
  after(() => {
    configure({});
  });

  it("is what the component takes", () => {
    configure({ ...basics, models: { wine: { tag: "1.0.0" } } });
    const { models, namespaces } = readStackConfig();
    assert.deepEqual(namespaces, []);
    const { goldenPath: _, ...file } = readModelFile(`${folder}/wine-1.0.0.json`);
    assert.deepEqual(JSON.parse(JSON.stringify(models)), [
      {
        name: "wine",
        args: {
          version: "1.0.0",
          source: { image: { path: `${folder}/wine-1.0.0.json` } },
          image: { repository: "ghcr.io/acme/wine" },
        },
        plan: {
          name: "wine",
          version: "1.0.0",
          sha256: file.sha256,
          source: { kind: "image", file },
          server: {
            kind: "build",
            program: "server",
            repository: "ghcr.io/acme/wine",
            builder: "docker",
            platform: "linux/amd64",
            model: { version: "1.0.0", file },
          },
        },
      },
    ]);
  });

  it("takes numbers and truth values as the command line sets them at the top: as text", () => {
    configure({
      ...basics,
      replicas: "3",
      namespace: "7",
      createNamespace: "true",
      models: { wine: { tag: "1.0.0" } },
    });
    const { models, namespaces } = readStackConfig();
    assert.equal(models[0]?.args.replicas, 3);
    assert.deepEqual(namespaces, ["7"]);
  });

  it("lets a model's settings win: mappings are merged, lists replaced", () => {
    configure({
      ...basics,
      replicas: 2,
      resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } },
      ingress: { hosts: [{ host: "{name}.a" }], annotations: { x: "1" } },
      values: { podLabels: { team: "ml" }, tolerations: [{ key: "a" }] },
      models: {
        wine: { tag: "1.0.0" },
        iris: {
          tag: "7",
          replicas: 5,
          image: { registry: "localhost:5001", repository: "flowers/{name}" },
          resources: { limits: { memory: "2Gi" } },
          ingress: { hosts: [{ host: "flowers.a" }] },
          values: { podLabels: { tier: "gold" }, tolerations: [] },
        },
      },
    });
    const [wine, iris] = readStackConfig().models;
    assert.equal(wine?.args.replicas, 2);
    assert.equal(wine?.args.image.repository, "ghcr.io/acme/wine");
    assert.deepEqual(wine?.args.ingress, { hosts: [{ host: "wine.a" }], annotations: { x: "1" } });
    assert.equal(iris?.args.replicas, 5);
    assert.equal(iris?.args.image.repository, "localhost:5001/flowers/iris");
    assert.deepEqual(iris?.args.resources, {
      limits: { cpu: "1", memory: "2Gi" },
      requests: { cpu: "500m" },
    });
    assert.deepEqual(iris?.args.ingress, {
      hosts: [{ host: "flowers.a" }],
      annotations: { x: "1" },
    });
    assert.deepEqual(iris?.args.values, {
      podLabels: { team: "ml", tier: "gold" },
      tolerations: [],
    });
  });

  it("needs one edit for a new model", () => {
    const config = { ...basics, models: { wine: { tag: "1.0.0" } } };
    configure(config);
    const before = readStackConfig().models[0]?.args;
    config.models.wine.tag = "2.0.0";
    configure(config);
    const after = readStackConfig().models[0]?.args;
    assert.equal(before?.source?.image?.path, `${folder}/wine-1.0.0.json`);
    assert.equal(after?.source?.image?.path, `${folder}/wine-2.0.0.json`);
    assert.equal(after?.version, "2.0.0");
  });

  it("names each namespace to create once", () => {
    configure({
      ...basics,
      namespace: "models",
      createNamespace: true,
      models: { wine: { tag: "1.0.0" }, iris: { tag: "7" } },
    });
    assert.deepEqual(readStackConfig().namespaces, ["models"]);
  });

  it("shares one image of the server among models that are not baked in", () => {
    const configMap = { configMap: { path: `${folder}/{name}-{tag}.json` } };
    configure({
      ...basics,
      source: configMap,
      models: {
        wine: { tag: "1.0.0" },
        iris: { tag: "7" },
        baked: { tag: "7", source: { image: { path: `${folder}/iris-7.json` } } },
        arm: {
          tag: "7",
          source: { configMap: { path: `${folder}/iris-7.json` } },
          image: { platform: "linux/arm64" },
        },
      },
    });
    const { models, images } = readStackConfig();
    assert.deepEqual(
      models.map(({ name, server }) => [name, server]),
      [
        ["wine", "acme-model-server"],
        ["iris", "acme-model-server"],
        ["baked", undefined],
        ["arm", "acme-model-server-linux-arm64"],
      ],
    );
    assert.deepEqual(images, {
      "acme-model-server": { repository: "ghcr.io/acme/model-server" },
      "acme-model-server-linux-arm64": {
        repository: "ghcr.io/acme/model-server",
        platform: "linux/arm64",
      },
    });
  });

  it("shares an image of the server among models with the same packages", () => {
    const locked = (version: string) => `numpy==${version} --hash=sha256:${"a".repeat(64)}\n`;
    const packages = { one: locked("1.0"), same: locked("1.0"), other: locked("2.0") };
    for (const [name, text] of Object.entries(packages)) {
      fs.writeFileSync(`${folder}/${name}.lock`, text);
    }
    const sha256 = "b".repeat(64);
    const model = { tag: "7", sha256, image: { requirements: `${folder}/{name}.lock` } };
    const source = { persistentVolumeClaim: { existingClaim: "models" } };
    configure({
      ...basics,
      source,
      models: { one: model, same: model, other: model, none: { tag: "7", sha256 } },
    });
    const { models, images } = readStackConfig();
    const shared = Object.fromEntries(models.map(({ name, server = "" }) => [name, server]));
    assert.equal(shared.none, "acme-model-server");
    assert.match(shared.one ?? "", /^acme-model-server-packages-[0-9a-f]{8}$/);
    assert.equal(shared.same, shared.one);
    assert.notEqual(shared.other, shared.one);
    assert.deepEqual(images, {
      "acme-model-server": { repository: "ghcr.io/acme/model-server" },
      [shared.one ?? ""]: {
        repository: "ghcr.io/acme/model-server",
        requirements: `${folder}/same.lock`,
      },
      [shared.other ?? ""]: {
        repository: "ghcr.io/acme/model-server",
        requirements: `${folder}/other.lock`,
      },
    });
  });

  it("shares one image of the program that downloads, unless one is named", () => {
    const location = "oci://ghcr.io/acme/models/{name}:{tag}";
    const existing = { repository: "ghcr.io/acme/fetcher", digest: `sha256:${"a".repeat(64)}` };
    const sha256 = "b".repeat(64);
    configure({
      ...basics,
      source: { uri: { location } },
      models: {
        wine: { tag: "1.0.0", sha256 },
        iris: { tag: "7", sha256 },
        own: { tag: "7", sha256, source: { uri: { location, image: existing } } },
      },
    });
    const { models, images } = readStackConfig();
    assert.deepEqual(
      models.map(({ name, server, fetcher }) => [name, server, fetcher]),
      [
        ["wine", "acme-model-server", "acme-model-server-fetcher"],
        ["iris", "acme-model-server", "acme-model-server-fetcher"],
        ["own", "acme-model-server", undefined],
      ],
    );
    assert.equal(models[1]?.args.source?.uri?.location, "oci://ghcr.io/acme/models/iris:7");
    assert.deepEqual(images, {
      "acme-model-server": { repository: "ghcr.io/acme/model-server" },
      "acme-model-server-fetcher": {
        repository: "ghcr.io/acme/model-server-fetcher",
        program: "fetcher",
      },
    });
  });

  it("lets a model choose another source than the one for all", () => {
    configure({
      ...basics,
      models: {
        wine: { tag: "1.0.0", source: { configMap: { path: `${folder}/wine-1.0.0.json` } } },
      },
    });
    const { source } = readStackConfig().models[0]?.args ?? {};
    assert.deepEqual(source, { configMap: { path: `${folder}/wine-1.0.0.json` } });
  });

  it("takes settings and values under old names, and tells once what they are called now", () => {
    const uri = { location: "s3://models/{name}.ubj", secretName: "s3-{name}" };
    const sha256 = "a".repeat(64);
    const values = {
      logForwarding: { secretName: "logs" },
      featureStore: { caConfigMapName: "a" },
    };
    const own = { featureStore: { authorityConfigMapName: "b" } };
    const warn = mock.method(pulumi.log, "warn", async () => undefined);
    configure({
      ...basics,
      source: { uri },
      values,
      models: { wine: { tag: "1.0.0", sha256 }, iris: { tag: "7", sha256, values: own } },
    });
    const { models } = readStackConfig();
    warn.mock.restore();
    assert.deepEqual(
      models.map(({ args }) => [args.source?.uri?.secretName, args.values]),
      [
        ["s3-wine", values],
        ["s3-iris", { ...own, logForwarding: { secretName: "logs" } }],
      ],
    );
    const told = warn.mock.calls.map(({ arguments: [message] }) => message);
    assert.deepEqual(told, [
      [
        "old names still work; use the new ones:",
        "source.uri.secretName is now existingSecret",
        "values.logForwarding.secretName is now existingSecret",
        "models.iris.values.featureStore.authorityConfigMapName is now caConfigMapName",
      ].join("\n  "),
    ]);
  });

  it("names a setting as it is written, under its old name too", () => {
    const uri = { location: "s3://models/wine.ubj", secretName: "No Name" };
    configure({ ...basics, source: { uri }, models: { wine: { tag: "1.0.0" } } });
    assert.throws(
      readStackConfig,
      /source\.uri\.secretName: found "No Name"; accepted: the name of/,
    );
  });

  it("leaves the providers' own configuration alone", () => {
    const others = { "kubernetes:context": "prod", "model-deployment-infra:zone": "a" };
    configure({ ...basics, ...others, models: { wine: { tag: "1.0.0" } } });
    assert.equal(readStackConfig().models.length, 1);
  });

  it("is not looked for under a name near the project's", () => {
    configure({ ...basics, models: { wine: { tag: "1.0.0" } }, "model-deploment:replicas": "2" });
    assert.throws(
      readStackConfig,
      /\["model-deploment:replicas"\]: nobody reads this; did you mean model-deployment:replicas\?/,
    );
  });

  it("keeps chart values secret when something below their key is", async () => {
    const values = { env: [{ name: "TOKEN", value: "hunter2" }], podLabels: { team: "ml" } };
    const config = { ...basics, values, models: { wine: { tag: "1.0.0" } } };
    configure(config);
    assert.deepEqual(readStackConfig().models[0]?.args.values, values);
    configure(config, ["values"]);
    const secret = readStackConfig().models[0]?.args.values as Record<string, unknown>;
    assert.ok(await pulumi.isSecret(secret.env as pulumi.Output<unknown>));
    assert.deepEqual(await resolved(secret.env as pulumi.Output<unknown>), values.env);
  });

  it("keeps build arguments and annotations secret when something below their key is", async () => {
    const image = { ...basics.image, buildArgs: { TOKEN: "hunter2" } };
    const ingress = { hosts: [{ host: "a.b" }], annotations: { auth: "hunter2" } };
    const source = { configMap: { path: `${folder}/wine-1.0.0.json` } };
    configure({ image, ingress, models: { wine: { tag: "1.0.0", source } } }, ["models"]);
    const { models, images } = readStackConfig();
    const { args } = models[0] ?? assert.fail();
    const found = [
      args.image.buildArgs?.TOKEN,
      images["acme-model-server"]?.buildArgs?.TOKEN,
      (args.ingress as IngressArgs).annotations?.auth,
    ];
    for (const output of found) {
      assert.ok(await pulumi.isSecret(output as pulumi.Output<string>));
    }
    const plain = { image: args.image.repository, hosts: (args.ingress as IngressArgs).hosts };
    assert.deepEqual(plain, { image: "ghcr.io/acme/model-server", hosts: ingress.hosts });
  });

  it("is refused as a whole, with the stack's name and all keys", () => {
    configure({ image: {}, models: { wine: { tga: "1" } }, namspace: "x" });
    assert.throws(readStackConfig, (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.ok(pulumi.RunError.isInstance(error), "shown without a stack trace");
      assert.equal(
        error.message,
        [
          "the configuration of stack test has 3 problems, nothing was changed:",
          "  models.wine.tag: missing; accepted: a tag such as 1.0.0 (not latest), in quotes if it looks like a number",
          "  models.wine.tga: unknown key; did you mean tag?",
          "  namspace: unknown key; did you mean namespace?",
          "Edit Pulumi.test.yaml or type: pulumi config set --path '<key>' <value>",
        ].join("\n"),
      );
      return true;
    });
  });
});
