import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { readModelFile } from "../../../components/model/file";
import { type ModelSettings, planModel, planOrRefuse } from "../../../components/model/plan";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("model-plan");
const location = path.join(folder, "model.ubj");
const digest = `sha256:${"a".repeat(64)}`;
const sha256 = "b".repeat(64);
const repository = "ghcr.io/acme/wine";
const uri = { location: "s3://models/wine.ubj" };
const existing = { repository: "ghcr.io/acme/fetcher", digest };

function settings(changes: Partial<ModelSettings> = {}): ModelSettings {
  return { version: "1.0.0", image: { repository }, ...changes };
}

const problemsOf = (changes: Partial<ModelSettings>) =>
  planModel("wine", settings(changes)).problems.map(({ path: at, message }) => [
    at.join("."),
    message.split(/[;,]/, 1)[0],
  ]);

describe("the plan of a model", () => {
  before(() => {
    fs.writeFileSync(location, "model");
  });

  const build = { kind: "build", builder: "docker", platform: "linux/amd64" };
  const server = { ...build, program: "server", repository };
  const known = { kind: "existing", repository, tag: "1.0.0", digest };
  const cases: [
    what: string,
    given: Partial<ModelSettings>,
    expected: (file: ReturnType<typeof readModelFile>) => object,
  ][] = [
    [
      "that is baked in",
      { source: { image: { path: location } } },
      (file) => ({
        sha256: file.sha256,
        source: { kind: "image", file },
        server: { ...server, model: { version: "1.0.0", file } },
      }),
    ],
    [
      "in an image that exists, whose file need not be here",
      { source: { image: { path: "nowhere" } }, image: { repository, digest }, sha256 },
      () => ({ sha256, source: { kind: "existingImage" }, server: known }),
    ],
    [
      "in an image that exists and all there is",
      { image: { repository, digest, tag: "rc1" } },
      () => ({
        sha256: undefined,
        source: { kind: "existingImage" },
        server: { ...known, tag: "rc1" },
      }),
    ],
    [
      "in a ConfigMap",
      { source: { configMap: { path: location } } },
      (file) => ({ sha256: file.sha256, source: { kind: "configMap", file }, server }),
    ],
    [
      "in a ConfigMap beside an image that exists",
      { source: { configMap: { path: location } }, image: { repository, digest } },
      (file) => ({ sha256: file.sha256, source: { kind: "configMap", file }, server: known }),
    ],
    [
      "in a volume",
      {
        source: { persistentVolumeClaim: { existingClaim: "models" } },
        sha256,
        image: { repository, builder: "docker-build", platform: "linux/arm64" },
      },
      () => ({
        sha256,
        source: { kind: "persistentVolumeClaim", claim: { existingClaim: "models" } },
        server: { ...server, builder: "docker-build", platform: "linux/arm64" },
      }),
    ],
    [
      "that is downloaded",
      { source: { uri }, sha256 },
      () => ({
        sha256,
        source: { kind: "uri", uri },
        server,
        fetcher: { ...build, program: "fetcher", repository: `${repository}-fetcher` },
      }),
    ],
    [
      "that is downloaded, by images that exist",
      { source: { uri: { ...uri, image: existing } }, sha256, image: { repository, digest } },
      () => ({
        sha256,
        source: { kind: "uri", uri: { ...uri, image: existing } },
        server: known,
        fetcher: { kind: "existing", ...existing },
      }),
    ],
  ];
  for (const [what, given, expected] of cases) {
    it(`is clear for one ${what}`, () => {
      const { plan, problems } = planModel("wine", settings(given));
      assert.deepEqual(problems, []);
      const { fetcher, server: planned, ...rest } = plan ?? assert.fail("no plan");
      const { model, ...withoutModel } = { model: undefined, ...planned };
      assert.deepEqual(
        {
          ...rest,
          server: { ...withoutModel, ...(model && { model }) },
          ...(fetcher && { fetcher }),
        },
        { name: "wine", version: "1.0.0", ...expected(readModelFile(location)) },
      );
    });
  }

  it("is not made where nobody can tell where the model comes from", () => {
    for (const source of [undefined, {}, { uri, image: { path: location } }]) {
      assert.equal(planModel("wine", settings({ source, sha256 })).plan, undefined);
    }
    const configMap = { path: path.join(folder, "none.ubj") };
    assert.equal(planModel("wine", settings({ source: { configMap } })).plan, undefined);
  });

  it("comes with all that speaks against it", () => {
    const image = { repository, digest };
    const golden = "golden.json";
    assert.deepEqual(
      problemsOf({ source: { uri: { ...uri, goldenSha256: sha256 } }, image, golden }),
      [
        ["sha256", "missing"],
        ["golden", "only for a model file on this machine"],
        ["source.uri.image", "missing"],
        ["source.uri.goldenSha256", "is the sum of nothing without source.uri.goldenLocation"],
      ],
    );
    const pickle = path.join(folder, "large.pkl");
    fs.writeFileSync(pickle, Buffer.alloc(1024 * 1024 + 1, Buffer.from([0x80, 0x05])));
    assert.deepEqual(
      problemsOf({ source: { configMap: { path: pickle } }, sha256, allowPickle: false }),
      [
        ["sha256", `found ${sha256}`],
        ["source.configMap.path", `${pickle} is a pickle`],
        ["source.configMap.path", `${pickle} has 1048577 bytes`],
      ],
    );
  });

  it("takes a setting under its old name, and not another under the new one", () => {
    const both = (secretName: string, existingSecret: string) =>
      problemsOf({ source: { uri: { ...uri, secretName, existingSecret } }, sha256 });
    assert.deepEqual(both("a", "a"), []);
    assert.deepEqual(both("a", "b"), [
      ["source.uri.secretName", "is the old name of existingSecret"],
    ]);
  });

  it("is refused with every problem by whoever cannot go on with one", () => {
    assert.throws(
      () => planOrRefuse("wine", settings({ source: { uri }, golden: "golden.json" })),
      /^Error: sha256: missing; .*\ngolden: only for a model file on this machine; use source\.uri\.goldenLocation$/,
    );
  });
});
