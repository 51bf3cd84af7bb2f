import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as zlib from "node:zlib";
import { ModelDeployment, type ModelDeploymentArgs, ServingImage } from "../../../components";
import { readModelFile } from "../../../components/model/file";
import { readModel } from "../../../components/model/localModel";
import { MAX_MOUNTED_FILES, planSource } from "../../../components/model/source";
import { temporaryFolder } from "../../temporaryFolder";
import { digest, mockPulumi, only, type Registered, resolved } from "../mockedPulumi";
import { assertChartTakes } from "../release/chartSchema";

const folder = temporaryFolder("model-source");
const home = process.cwd();
const foreignModels = path.join(home, "serving", "tests", "foreign_models");
const sha256 = createHash("sha256").update("model").digest("hex");

/** Writes a model and returns its path; with golden requests it gets a folder of its own. */
function model(name: string, content: string | Buffer = "model", golden?: string): string {
  const location = path.join(folder, name);
  fs.mkdirSync(path.dirname(location), { recursive: true });
  fs.writeFileSync(location, content);
  if (golden !== undefined) {
    fs.writeFileSync(path.join(path.dirname(location), "golden.json"), golden);
  }
  return location;
}

async function deploy(changes: Partial<ModelDeploymentArgs>): Promise<Registered[]> {
  const registered = mockPulumi();
  const deployment = new ModelDeployment("wine", {
    version: "1.0.0",
    image: { repository: "localhost:5001/model-server" },
    namespace: "models",
    ...changes,
  });
  await resolved(deployment.releaseName);
  assertChartTakes(values(registered));
  return registered;
}

const values = (registered: Registered[]) =>
  only(registered, "kubernetes:helm.sh/v3:Release").inputs.values;

describe("a model from a ConfigMap", () => {
  before(() => {
    process.chdir(folder);
  });
  after(() => {
    process.chdir(home);
  });

  it("is in an immutable ConfigMap, named by its content, outside of the release", async () => {
    const path = model("plain/wine.ubj", "model", '{"rows":1}');
    const registered = await deploy({ source: { configMap: { path } } });
    const { name, inputs } = only(registered, "kubernetes:core/v1:ConfigMap");
    assert.match(name, /^wine-model-[0-9a-f]{12}$/);
    assert.deepEqual(inputs, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "models" },
      immutable: true,
      binaryData: {
        "model.ubj": Buffer.from("model").toString("base64"),
        "golden.json": Buffer.from('{"rows":1}').toString("base64"),
      },
    });
    assert.deepEqual(values(registered).model, {
      name: "wine",
      version: "1.0.0",
      sha256,
      source: "configMap",
      configMap: { name, key: "model.ubj", goldenKey: "golden.json" },
    });
  });

  it("is a folder too, each of whose files is mounted where it was", async () => {
    const location = path.join(folder, "wine-folder");
    for (const name of ["predictor.py", "steps/a b.py", "steps/a_b.py", "golden.json"]) {
      model(`wine-folder/${name}`, name);
    }
    const registered = await deploy({ source: { configMap: { path: location } } });
    const { name, inputs } = only(registered, "kubernetes:core/v1:ConfigMap");
    assert.deepEqual(
      Object.entries(inputs.binaryData as Record<string, string>).map(([key, content]) => [
        key,
        Buffer.from(content, "base64").toString(),
      ]),
      [
        ["golden.json", "golden.json"],
        ["predictor.py", "predictor.py"],
        ["steps_a_b.py", "steps/a b.py"],
        ["steps_a_b.py.2", "steps/a_b.py"],
      ],
    );
    assert.deepEqual(values(registered).model, {
      name: "wine",
      version: "1.0.0",
      sha256: readModel(location).sha256,
      source: "configMap",
      configMap: {
        name,
        files: [
          { path: "predictor.py", key: "predictor.py" },
          { path: "steps/a b.py", key: "steps_a_b.py" },
          { path: "steps/a_b.py", key: "steps_a_b.py.2" },
        ],
        goldenKey: "golden.json",
      },
    });
  });

  it("is refused as a folder of more files than are mounted, or too large", async () => {
    const location = path.join(folder, "many");
    model("many/predictor.py", Buffer.alloc(1024 * 1024));
    for (let number = 0; number < MAX_MOUNTED_FILES; number++) {
      model(`many/${number}`, ".");
    }
    await assert.rejects(
      deploy({ source: { configMap: { path: location } } }),
      /many has 1048626 bytes; a ConfigMap holds .*\n.*many has 51 files; from a ConfigMap at most 50 are mounted\. .*source\.image\.path/,
    );
  });

  it("has another ConfigMap for another model or other golden requests, else the same", async () => {
    const nameFor = async (location: string) => {
      const registered = await deploy({ source: { configMap: { path: location } } });
      return only(registered, "kubernetes:core/v1:ConfigMap").name;
    };
    const first = await nameFor(model("a/model.ubj"));
    assert.equal(await nameFor(model("b/model.ubj")), first);
    assert.notEqual(await nameFor(model("c/model.ubj", "other")), first);
    assert.notEqual(await nameFor(model("d/model.ubj", "model", "{}")), first);
    assert.notEqual(await nameFor(model("e/model.json")), first);
  });

  it("runs in an image without model, whose tag does not follow the model", async () => {
    const tagFor = async (version: string, content: string) => {
      const source = { configMap: { path: model(`${version}/model.ubj`, content) } };
      const registered = await deploy({ version, source });
      const { build } = only(registered, "docker:index/image:Image").inputs;
      assert.equal(build.target, "runtime");
      assert.deepEqual(build.args, {});
      return values(registered).image.tag;
    };
    const tag = await tagFor("1", "one");
    assert.match(tag, /^[0-9a-f]{12}$/);
    assert.equal(await tagFor("2", "two"), tag);
  });

  it("shares the image of a server", async () => {
    const registered = mockPulumi();
    const server = new ServingImage("server", { repository: "localhost:5001/server", tag: "7" });
    const source = { configMap: { path: model("shared/model.ubj") } };
    const image = { repository: "localhost:5001/server" };
    const deployment = new ModelDeployment("wine", { version: "1", source, image, server });
    await resolved(deployment.releaseName);
    assert.equal(registered.filter(({ type }) => type.endsWith(":Image")).length, 1);
    const tag = await resolved(server.tag);
    assert.match(tag, /^7-[0-9a-f]{12}$/);
    assert.deepEqual(values(registered).image, { ...image, tag, digest });
    assert.equal(await resolved(deployment.image), `localhost:5001/server:${tag}@${digest}`);
  });

  it("fits with its golden requests into 1 MiB to the byte", async () => {
    const limit = 1024 * 1024;
    const fitting = model("fitting/model.ubj", Buffer.alloc(limit - 2, "{"), "{}");
    await deploy({ source: { configMap: { path: fitting } } });
    const large = model("large/model.ubj", Buffer.alloc(limit - 1, "{"), "{}");
    const registered = mockPulumi();
    await assert.rejects(
      deploy({ source: { configMap: { path: large } } }),
      /model\.ubj has 1048575 bytes, its golden requests 2; a ConfigMap holds 1048576 .*source\.image\.path/,
    );
    assert.equal(registered.length, 0);
  });
});

describe("a model from a volume", () => {
  const source = { persistentVolumeClaim: { existingClaim: "models", subPath: "wine/1.0.0" } };

  it("is mounted from the claim, its sha256 checked in the pod", async () => {
    const registered = await deploy({ source, sha256 });
    assert.deepEqual(values(registered).model, {
      name: "wine",
      version: "1.0.0",
      sha256,
      source: "persistentVolumeClaim",
      ...source,
    });
    assert.equal(registered.filter(({ type }) => type.includes("ConfigMap")).length, 0);
  });

  it("needs its sha256, and golden requests beside it", async () => {
    await assert.rejects(deploy({ source }), /^Error: sha256: missing; needed because/);
    const golden = model("golden.json", "{}");
    await assert.rejects(
      deploy({ source, sha256, golden }),
      /^Error: golden: only for a model file/,
    );
  });
});

describe("a model from a URI", () => {
  const uri = {
    location: "s3://models/wine/1.0.0/model.ubj",
    s3Endpoint: "http://minio.storage:9000",
    secretName: "wine-models",
    maxBytes: 50_000_000,
  };

  it("is downloaded by a program whose image is built beside the server's", async () => {
    const registered = await deploy({ source: { uri }, sha256 });
    const repository = "localhost:5001/model-server-fetcher";
    const builds = registered.filter(({ type }) => type === "docker:index/image:Image");
    assert.deepEqual(
      builds.map(({ name, inputs }) => [name, inputs.build.target]),
      [
        ["wine", "runtime"],
        ["wine-fetcher", "fetcher"],
      ],
    );
    const { tag } = values(registered).model.uri.image;
    assert.match(tag, /^[0-9a-f]{12}$/);
    assert.equal(builds[1]?.inputs.imageName, `${repository}:${tag}`);
    assert.deepEqual(values(registered).model, {
      name: "wine",
      version: "1.0.0",
      sha256,
      source: "uri",
      uri: { ...uri, image: { repository, tag, digest } },
    });
  });

  it("shares the image of that program", async () => {
    const registered = mockPulumi();
    const image = { repository: "localhost:5001/server" };
    const server = new ServingImage("server", image);
    const program = { repository: "ghcr.io/acme/fetcher", tag: "3", program: "fetcher" as const };
    const fetcher = new ServingImage("fetcher", program);
    const args = { version: "1", source: { uri }, sha256, image, server, fetcher };
    await resolved(new ModelDeployment("wine", args).releaseName);
    assert.equal(registered.filter(({ type }) => type.endsWith(":Image")).length, 2);
    const { repository } = program;
    const tag = await resolved(fetcher.tag);
    assert.match(tag, /^3-[0-9a-f]{12}$/);
    assert.deepEqual(values(registered).model.uri.image, { repository, tag, digest });
  });

  it("builds nothing where both images exist", async () => {
    const image = { repository: "ghcr.io/acme/server", digest };
    const existing = { repository: "ghcr.io/acme/fetcher", digest };
    const source = { uri: { ...uri, image: existing } };
    const registered = await deploy({ source, sha256, image });
    assert.deepEqual(values(registered).model.uri.image, existing);
    assert.equal(registered.filter(({ type }) => type.endsWith(":Image")).length, 0);
    await assert.rejects(
      deploy({ source: { uri }, sha256, image }),
      /^Error: source\.uri\.image: missing; needed because with image\.digest nothing is built/,
    );
  });

  it("is one file, not a folder or an archive", async () => {
    for (const name of ["wine/1.0.0/", "wine.tar.gz", "wine.ZIP?version=1", "wine.tgz"]) {
      const source = { uri: { ...uri, location: `s3://models/${name}` } };
      await assert.rejects(
        deploy({ source, sha256 }),
        /^Error: source\.uri\.location: found s3:\/\/models\/wine\S*, a folder or an archive; a pod downloads one file\. .*source\.image\.path.*persistentVolumeClaim\.subPath/,
      );
    }
    const location = "oci://localhost:5001/models/wine:1.0.0#model.ubj";
    await deploy({ source: { uri: { ...uri, location } }, sha256 });
  });

  it("needs its sha256, and golden requests that are downloaded as well", async () => {
    await assert.rejects(deploy({ source: { uri } }), /^Error: sha256: missing; needed because/);
    await assert.rejects(
      deploy({ source: { uri }, sha256, golden: "golden.json" }),
      /^Error: golden: only for a model file .* use source\.uri\.goldenLocation/,
    );
    await assert.rejects(
      deploy({ source: { uri: { ...uri, goldenSha256: sha256 } }, sha256 }),
      /^Error: source\.uri\.goldenSha256: .* say where the golden requests are/,
    );
  });
});

describe("own code", () => {
  it("is refused where code of models is not allowed", () => {
    const code = fs.mkdtempSync(path.join(folder, "code-"));
    fs.writeFileSync(path.join(code, "predictor.py"), "");
    const given = { source: { image: { path: code } }, image: {} };
    const planned = planSource({ ...given, allowPickle: false });
    assert.deepEqual(planned.problems, [
      {
        path: ["source", "image", "path"],
        message: `${code} holds predictor.py, code which the server runs, and allowPickle is false; allowPickle: true lets the code of a model run, as that of a pickle`,
      },
    ]);
    assert.deepEqual(planSource(given).problems, []);
  });
});

describe("a pickle", () => {
  const pickle = Buffer.from([0x80, 0x05, 0x95, 0x00]);
  const pickles: [what: string, content: Buffer][] = [
    ["of protocol 5", pickle],
    ["compressed by zlib", zlib.deflateSync(pickle)],
    ["compressed by gzip", zlib.gzipSync(pickle)],
    ["compressed by xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
    ["compressed by lz4", fs.readFileSync(path.join(foreignModels, "xgboost.lz4"))],
    ["of protocol 0", Buffer.from("ccopy_reg\n_reconstructor\np0\n(cxgboost.core\nBooster\n")],
    ["of protocol 0 that begins with a dictionary", Buffer.from("(dp0\nVmodel\np1\n")],
  ];
  for (const [what, content] of pickles) {
    it(`${what} is known by its content and refused where pickles are not allowed`, async () => {
      const location = model("disguised.json", content);
      assert.equal(readModelFile(location).isPickle, true);
      await assert.rejects(
        deploy({ source: { image: { path: location } }, allowPickle: false }),
        /source\.image\.path: .*disguised\.json is a pickle, which may run code .* save_model$/,
      );
    });
  }

  it("is served where it is allowed, as long as nobody says otherwise", async () => {
    const location = model("allowed.pkl", pickle);
    assert.equal(
      values(await deploy({ source: { image: { path: location } } })).model.allowPickle,
      undefined,
    );
  });

  const others: [file: string, name: string, reason: RegExp][] = [
    [
      "1.5.bst",
      "model.bst",
      /is a model in XGBoost's old binary format: .*'xgboost<3\.1'.*save_model\('model\.ubj'\)/,
    ],
    ["1.5.bst", "model.pkl", /is a model in XGBoost's old binary format: /],
    ["0.90.txt", "model.ubj", /is XGBoost's text dump, which cannot be loaded again: /],
    ["pipeline.skops", "model.pkl", /is a zip archive, and no model by itself: /],
  ];
  for (const [file, name, reason] of others) {
    it(`is not ${file} as ${name}, which is called by its name`, async () => {
      const location = model(`others/${name}`, fs.readFileSync(path.join(foreignModels, file)));
      assert.throws(() => readModelFile(location), reason);
    });
  }

  it("is not what XGBoost's own formats are taken for", async () => {
    for (const content of ['{"learner":', "{L\0\0\0\0\0\0\0\x07learner"]) {
      const location = model("own.ubj", Buffer.from(content, "latin1"));
      assert.equal(readModelFile(location).isPickle, false);
      const registered = await deploy({
        source: { image: { path: location } },
        allowPickle: false,
      });
      assert.equal(values(registered).model.allowPickle, false);
    }
  });
});
