import assert from "node:assert/strict";
import { type ExportedStack, servedModel } from "../../promotion/servedModel";

const sha256 = "1".repeat(64);
const digest = `sha256:${"a".repeat(64)}`;
const fetcherDigest = `sha256:${"f".repeat(64)}`;
const provider = "urn:pulumi:staging::p::pulumi:providers:kubernetes::default_4_25_0";

/** What `pulumi stack export` gives, as far as it is read. */
function exported(
  values: { model?: object; image?: object; server?: object; golden?: object } = {},
  change: (stack: Required<ExportedStack>) => void = () => undefined,
): ExportedStack {
  const stack = {
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:staging::p::pulumi:pulumi:Stack::p-staging",
          type: "pulumi:pulumi:Stack",
          outputs: {
            models: {
              wine: {
                image: `ghcr.io/acme/wine:2.0.0@${digest}`,
                model: { name: "wine", version: "2.0.0", sha256 },
                ingressUrl: "https://wine.staging.example.com/",
              },
            },
          },
        },
        {
          urn: provider,
          type: "pulumi:providers:kubernetes",
          inputs: { context: "staging", version: "4.25.0" },
        },
        {
          urn: "urn:pulumi:staging::p::model-deployment:index:ModelDeployment$kubernetes:helm.sh/v3:Release::wine",
          type: "kubernetes:helm.sh/v3:Release",
          provider: `${provider}::5b1c`,
          inputs: {
            name: "wine",
            namespace: "models-staging",
            values: {
              image: { repository: "ghcr.io/acme/wine", tag: "2.0.0", digest, ...values.image },
              model: { name: "wine", version: "2.0.0", sha256, ...values.model },
              ...(values.server && { server: values.server, golden: values.golden }),
            },
          },
        },
      ],
    },
  };
  change(stack);
  return stack;
}

describe("what the source serves", () => {
  it("is read from its state: model, image, release and cluster", () => {
    assert.deepEqual(servedModel("staging", "wine", exported()), {
      served: {
        name: "wine",
        version: "2.0.0",
        sha256,
        source: "image",
        image: { repository: "ghcr.io/acme/wine", tag: "2.0.0", digest },
        goldenSha256: undefined,
        release: "wine",
        namespace: "models-staging",
        ingressUrl: "https://wine.staging.example.com/",
      },
      cluster: { context: "staging" },
      problems: [],
    });
  });

  it("is of its kind, with the program that downloads", () => {
    const image = { repository: "ghcr.io/acme/fetcher", tag: "abc", digest: fetcherDigest };
    const uri = { location: "s3://models/wine", goldenSha256: "3".repeat(64), image };
    const { served, problems } = servedModel(
      "staging",
      "wine",
      exported({ model: { source: "uri", uri } }),
    );
    assert.deepEqual(problems, []);
    assert.equal(served?.source, "uri");
    assert.deepEqual(served?.fetcher, image);
    assert.equal(served?.goldenSha256, "3".repeat(64));
  });

  it("is nothing if it was never deployed; the others are named", () => {
    const { served, problems } = servedModel("staging", "whine", exported());
    assert.equal(served, undefined);
    assert.deepEqual(problems, [
      "staging has never deployed whine; it serves wine. Deploy it there: pulumi up --stack staging",
    ]);
    assert.equal(servedModel("staging", "wine", { deployment: {} }).problems.length, 1);
  });

  const bad: [what: string, exported: ExportedStack, problems: RegExp[]][] = [
    [
      "has an operation pending",
      exported({}, ({ deployment }) => {
        const urn = deployment.resources?.[2]?.urn ?? "";
        deployment.pending_operations = [{ type: "updating", resource: { urn } }];
      }),
      [/operation pending: updating .*Release wine\. Finish it: pulumi up --stack staging$/],
    ],
    [
      "has a release that is not complete",
      exported({}, ({ deployment }) => {
        Object.assign(deployment.resources?.[2] ?? {}, { initErrors: ["timed out"] });
      }),
      [/not complete: timed out/],
    ],
    [
      "does not know the sha256",
      exported({ model: { sha256: undefined } }),
      [/models\.wine\.sha256/, /outputs/],
    ],
    [
      "keeps the sha256 secret",
      exported({
        model: { sha256: { "4dabf18193072939515e22adb298388d": "1b47", ciphertext: "x" } },
      }),
      [/does not know the sha256/, /outputs/],
    ],
    [
      "names no digest",
      exported({ image: { digest: "" } }),
      [/digest of the image of wine/, /image/],
    ],
    [
      "downloads with an image without digest",
      exported({ model: { source: "uri", uri: { image: { repository: "r", tag: "1" } } } }),
      [/digest of the image of the download of wine/],
    ],
    [
      "has outputs of another model than its release",
      exported({ model: { version: "1.0.0" } }),
      [/outputs of staging name the version 2\.0\.0, its release 1\.0\.0/],
    ],
  ];
  for (const [what, stack, expected] of bad) {
    it(`is no proof if it ${what}`, () => {
      const { problems } = servedModel("staging", "wine", stack);
      assert.equal(problems.length, expected.length, problems.join("\n"));
      for (const [index, pattern] of expected.entries()) {
        assert.match(problems[index] ?? "", pattern);
      }
    });
  }

  it("does not take the content of a kubeconfig for a path", () => {
    const stack = exported({}, ({ deployment }) => {
      Object.assign(deployment.resources?.[1]?.inputs ?? {}, {
        kubeconfig: "apiVersion: v1\nkind: Config\n",
      });
    });
    assert.deepEqual(servedModel("staging", "wine", stack).cluster, { context: "staging" });
  });

  describe("by a server of somebody's own", () => {
    const server = { kind: "own" };

    it("is told with how it is asked for predictions", () => {
      const golden = { path: "/score", answer: "0", configMap: { name: "wine-golden" } };
      const { served, problems } = servedModel("staging", "wine", exported({ server, golden }));
      assert.deepEqual(problems, []);
      assert.deepEqual(served?.ownServer, {
        path: "/score",
        body: '{"features": $features}',
        answer: "0",
        golden: { configMap: "wine-golden", key: "golden.json" },
      });
    });

    it("may have golden requests beside its model, or none", () => {
      const configMap = { name: "wine-model", goldenKey: "expected.json" };
      const model = { source: "configMap", configMap };
      const beside = servedModel("staging", "wine", exported({ server, model })).served;
      const golden = { configMap: "wine-model", key: "expected.json" };
      assert.deepEqual(beside?.ownServer?.golden, golden);
      const none = servedModel("staging", "wine", exported({ server })).served;
      assert.deepEqual(none?.ownServer, {
        path: "/predict",
        body: '{"features": $features}',
        answer: "prediction",
      });
    });

    it("needs no sha256 of a model that is in its image", () => {
      const withoutSha256 = (values: Parameters<typeof exported>[0]) => {
        const stack = exported({ ...values, server }, ({ deployment }) => {
          const models = deployment.resources?.[0]?.outputs?.models as {
            wine: { model: object };
          };
          models.wine.model = { name: "wine", version: "2.0.0" };
        });
        return servedModel("staging", "wine", stack).problems;
      };
      assert.deepEqual(withoutSha256({ model: { sha256: undefined } }), []);
      const mounted = withoutSha256({ model: { sha256: undefined, source: "configMap" } });
      assert.match(mounted.join("\n"), /does not know the sha256 of wine/);
    });
  });
});
