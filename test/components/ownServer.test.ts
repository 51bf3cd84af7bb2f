import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { ModelDeployment, type ModelDeploymentArgs } from "../../components";
import { checkConfig } from "../../components/config/check";
import { planModel } from "../../components/model/plan";
import { temporaryFolder } from "../temporaryFolder";
import { digest, mockPulumi, only, resolved } from "./mockedPulumi";
import { assertChartTakes } from "./release/chartSchema";

const folder = temporaryFolder("own-server");
const home = process.cwd();
const DOCKERFILE = "FROM python:3.13-slim AS base\nFROM base as serving\nCOPY . /app\n";
const image = { repository: "localhost:5001/churn", context: "app" };

function write(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(name), { recursive: true });
    fs.writeFileSync(name, content);
  }
}

async function deploy(changes: Partial<ModelDeploymentArgs> = {}) {
  const registered = mockPulumi();
  const deployment = new ModelDeployment("churn", { version: "1.0.0", image, ...changes });
  await resolved(deployment.releaseName);
  const reference = await resolved(deployment.image);
  const { values } = only(registered, "kubernetes:helm.sh/v3:Release").inputs;
  assertChartTakes(values);
  return { registered, reference, values };
}

const problemsOf = (changes: Partial<ModelDeploymentArgs>) =>
  planModel("churn", { version: "1.0.0", image, ...changes }).problems.map(
    ({ path: at, message }) => `${at.join(".")}: ${message}`,
  );

describe("a server of somebody's own", () => {
  before(() => process.chdir(folder));
  beforeEach(() => {
    fs.rmSync("app", { recursive: true, force: true });
    fs.rmSync(".staging", { recursive: true, force: true });
    write({ "app/Dockerfile": DOCKERFILE, "app/app.py": "app", "app/model.pkl": "model" });
  });
  after(() => process.chdir(home));

  describe("its image", () => {
    it("is built of its folder, pushed, and pinned as this package's is", async () => {
      const { registered, reference, values } = await deploy({
        image: { ...image, target: "serving", buildArgs: { PIP_INDEX: "x" } },
      });
      const { inputs } = only(registered, "docker:index/image:Image");
      assert.match(inputs.imageName, /^localhost:5001\/churn:1\.0\.0-[0-9a-f]{12}$/);
      assert.deepEqual(inputs.build, {
        context: "./.staging/test/churn",
        dockerfile: "./.staging/test/churn/Dockerfile",
        target: "serving",
        args: { PIP_INDEX: "x" },
        platform: "linux/amd64",
      });
      assert.equal(reference, `${inputs.imageName}@${digest}`);
      assert.equal(values.image.digest, digest);
    });

    it("is built by docker-build as well, of the last stage unless told otherwise", async () => {
      const { registered } = await deploy({ image: { ...image, builder: "docker-build" } });
      const { inputs } = only(registered, "docker-build:index:Image");
      assert.deepEqual(inputs.dockerfile, { location: "./.staging/test/churn/Dockerfile" });
      assert.equal(inputs.target, undefined);
      assert.equal(inputs.push, true);
    });

    it("has what its .dockerignore lets in, as Docker reads it, and the Dockerfile", async () => {
      write({
        "app/.dockerignore": "# notes\nDockerfile\n**/*.ipynb\ndata\n!data/names.txt\n/local.env\n",
        "app/notebooks/train.ipynb": "{}",
        "app/notebooks/readme.txt": "x",
        "app/data/large.csv": "x",
        "app/data/names.txt": "x",
        "app/local.env": "x",
        "app/deep/local.env": "x",
        "app/.git/HEAD": "x",
        "app/__pycache__/app.pyc": "x",
      });
      await deploy();
      const staged = fs
        .readdirSync(".staging/test/churn", { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          path.relative(".staging/test/churn", path.join(entry.parentPath, entry.name)),
        );
      assert.deepEqual(staged.sort(), [
        ".dockerignore",
        "Dockerfile",
        "app.py",
        "data/names.txt",
        "deep/local.env",
        "model.pkl",
        "notebooks/readme.txt",
      ]);
    });

    it("prefers the .dockerignore of its own Dockerfile", async () => {
      write({
        "app/docker/serve.Dockerfile": DOCKERFILE,
        "app/docker/serve.Dockerfile.dockerignore": "app.py",
        "app/.dockerignore": "model.pkl",
      });
      const { registered } = await deploy({
        image: { ...image, dockerfile: "app/docker/serve.Dockerfile" },
      });
      const { build } = only(registered, "docker:index/image:Image").inputs;
      assert.equal(build.dockerfile, "./.staging/test/churn/docker/serve.Dockerfile");
      assert.ok(fs.existsSync(".staging/test/churn/model.pkl"));
      assert.ok(!fs.existsSync(".staging/test/churn/app.py"));
    });

    it("has another tag whenever a file of it changes, and none that is left out does that", async () => {
      write({ "app/.dockerignore": "notes.md" });
      const tag = async () => (await deploy()).values.image.tag;
      const before = await tag();
      write({ "app/notes.md": "x", "app/.git/index": "x" });
      assert.equal(await tag(), before);
      write({ "app/app.py": "another" });
      assert.notEqual(await tag(), before);
    });

    it("does not have the stack's config in it, where its folder is the program's", async () => {
      write({ Dockerfile: DOCKERFILE, "Pulumi.yaml": "x", "Pulumi.dev.yaml": "x" });
      await deploy({ image: { ...image, context: "." } });
      assert.ok(fs.existsSync(".staging/test/churn/app/app.py"));
      for (const name of ["Pulumi.yaml", "Pulumi.dev.yaml", ".staging"]) {
        assert.ok(!fs.existsSync(path.join(".staging/test/churn", name)), name);
        fs.rmSync(name, { recursive: true });
      }
      fs.rmSync("Dockerfile");
    });

    it("may exist: then nothing is built, and nothing need be here", async () => {
      const { registered, values } = await deploy({
        image: { ...image, context: "nowhere", digest },
        values: { server: { port: 8000 } },
      });
      assert.ok(!registered.some(({ type }) => /docker/.test(type)));
      assert.deepEqual(values.server, { port: 8000, kind: "own" });
      const { values: alone } = await deploy({
        image: { repository: "localhost:5001/churn", digest },
        values: { server: { kind: "own" } },
      });
      assert.equal(alone.image.digest, digest);
    });
  });

  describe("its release", () => {
    it("says that it is one, and needs no source and no sha256: both are the image's", async () => {
      const { values } = await deploy({ values: { server: { healthPath: "/health" } } });
      assert.deepEqual(values.server, { healthPath: "/health", kind: "own" });
      assert.deepEqual(values.model, { name: "churn", version: "1.0.0" });
      assert.equal(values.golden, undefined);
    });

    it("brings golden requests along, those in its folder or those that are named", async () => {
      const golden = '{"features": [[1]], "predictions": [2]}';
      write({ "app/golden.json": golden, "other.json": "{}" });
      const { registered, values } = await deploy({ values: { golden: { inRollout: true } } });
      const { inputs } = only(registered, "kubernetes:core/v1:ConfigMap");
      assert.match(inputs.metadata.name, /^churn-golden-[0-9a-f]{12}$/);
      assert.equal(inputs.immutable, true);
      assert.equal(Buffer.from(inputs.binaryData["golden.json"], "base64").toString(), golden);
      const configMap = { name: inputs.metadata.name, key: "golden.json" };
      assert.deepEqual(values.golden, { inRollout: true, configMap });
      const other = await deploy({ golden: "other.json" });
      assert.notEqual(other.values.golden.configMap.name, configMap.name);
    });

    it("may have a model of any form from a ConfigMap, with the golden requests beside it", async () => {
      write({ "models/model.keras": "PK\x03\x04", "models/golden.json": "{}" });
      const { registered, values } = await deploy({
        source: { configMap: { path: "models/model.keras" } },
        values: { server: { modelPath: "/app/model.keras" } },
      });
      const { inputs } = only(registered, "kubernetes:core/v1:ConfigMap");
      assert.deepEqual(Object.keys(inputs.binaryData).sort(), ["golden.json", "model.bin"]);
      assert.equal(values.model.sha256, createHash("sha256").update("PK\x03\x04").digest("hex"));
      assert.deepEqual(values.model.configMap, {
        name: inputs.metadata.name,
        key: "model.bin",
        goldenKey: "golden.json",
      });
    });

    it("may have a model that is downloaded, by a program with nothing of its image", async () => {
      const { registered } = await deploy({
        image: { ...image, buildArgs: { MINE: "x" }, baseImage: "localhost:5001/base" },
        source: { uri: { location: "s3://models/churn.pkl" } },
        sha256: "a".repeat(64),
      });
      const builds = registered.filter(({ type }) => type === "docker:index/image:Image");
      const args = Object.fromEntries(builds.map(({ name, inputs }) => [name, inputs.build]));
      assert.deepEqual(args.churn.args, { MINE: "x", BASE_IMAGE: "localhost:5001/base" });
      assert.equal(args["churn-fetcher"].target, "fetcher");
      assert.deepEqual(args["churn-fetcher"].args, { BASE_IMAGE: "localhost:5001/base" });
    });
  });

  describe("what cannot be", () => {
    const cases: [string, Partial<ModelDeploymentArgs>, RegExp][] = [
      [
        "a folder that is not there",
        { image: { ...image, context: "nowhere" } },
        /^image\.context: no folder at nowhere; accepted: the folder that holds your Dockerfile/,
      ],
      [
        "a file",
        { image: { ...image, context: "app/app.py" } },
        /^image\.context: app\/app\.py is no folder/,
      ],
      [
        "a Dockerfile that is not there",
        { image: { ...image, dockerfile: "app/Dockerfile.gpu" } },
        /^image\.dockerfile: no Dockerfile at app\/Dockerfile\.gpu; app holds Dockerfile: name it/,
      ],
      [
        "a Dockerfile outside of the folder",
        { image: { ...image, dockerfile: "Dockerfile" } },
        /^image\.dockerfile: found Dockerfile, which is not in app; .* name a folder that holds both/,
      ],
      [
        "a stage that is not there",
        { image: { ...image, target: "servng" } },
        /^image\.target: found servng, which is no stage of app\/Dockerfile; did you mean serving\? accepted: base or serving/,
      ],
      [
        "a model that is to be baked in by this package",
        { source: { image: { path: "app/model.pkl" } } },
        /^source\.image: found app\/model\.pkl, but .* into which your Dockerfile copies the model; remove it/,
      ],
      [
        "this package's server in it",
        { values: { server: { kind: "model-server" } } },
        /^image\.context: builds a server of your own, but values\.server\.kind is model-server/,
      ],
      [
        "packages for this package's image",
        { image: { ...image, requirements: "requirements.txt" } },
        /^image\.requirements: is for the image of this package's server/,
      ],
      [
        "golden requests that are not there",
        { golden: "nowhere.json" },
        /^golden: no golden requests file at nowhere\.json/,
      ],
      [
        "golden requests twice",
        { golden: "app/app.py", values: { golden: { configMap: { name: "churn-golden" } } } },
        /^golden: is set, and values\.golden\.configMap\.name as well/,
      ],
      [
        "no image",
        { image: { repository: "localhost:5001/churn" }, values: { server: { kind: "own" } } },
        /^image\.digest: missing; needed because values\.server\.kind is own/,
      ],
      [
        "a stage of no Dockerfile",
        {
          image: { repository: "localhost:5001/churn", target: "serving", digest },
          values: {},
        },
        /^image\.target: only goes with image\.context/,
      ],
    ];
    for (const [what, changes, message] of cases) {
      it(`${what} is told before anything is built`, () => {
        const found = problemsOf(changes);
        assert.equal(found.length, 1, found.join("\n"));
        assert.match(found[0] ?? "", message);
      });
    }

    it("is told all at once", () => {
      const found = problemsOf({
        image: { ...image, target: "servng" },
        source: { image: { path: "x" } },
        golden: "nowhere.json",
      });
      assert.deepEqual(
        found.map((line) => line.split(":")[0]),
        ["source.image", "image.target", "golden"],
      );
    });
  });

  it("is what a stack's config makes of a folder, one of each model's own", () => {
    const { config, problems } = checkConfig({
      image: { registry: "localhost:5001", context: "app" },
      models: { churn: { tag: "1.0.0" }, wine: { tag: "2.0.0" } },
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      config?.models.map(({ plan, server }) => [plan.server.kind, plan.server.repository, server]),
      [
        ["buildOwn", "localhost:5001/churn", undefined],
        ["buildOwn", "localhost:5001/wine", undefined],
      ],
    );
  });
});
