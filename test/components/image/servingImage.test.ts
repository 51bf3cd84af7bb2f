import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { readModelFile, ServingImage, type ServingImageArgs } from "../../../components";
import { temporaryFolder } from "../../temporaryFolder";
import {
  digest,
  isKnown,
  mockPulumi,
  only,
  type Registered,
  resolved,
  revealed,
  secretsIn,
} from "../mockedPulumi";

const folder = temporaryFolder("serving-image");
const home = process.cwd();

describe("ServingImage", () => {
  let args: ServingImageArgs;

  before(() => {
    // The program's folder: the build context is staged below it.
    fs.mkdirSync(path.join(folder, "program"));
    process.chdir(path.join(folder, "program"));
    fs.writeFileSync(path.join(folder, "model.ubj"), "model");
    args = {
      repository: "localhost:5001/wine",
      tag: "1.0.0",
      model: readModelFile(path.join(folder, "model.ubj")),
      baseImage: "localhost:5001/base/python:3.13",
    };
  });
  after(() => {
    process.chdir(home);
  });

  it("builds with the docker provider unless told otherwise", async () => {
    const registered = mockPulumi();
    const { reference, tag } = new ServingImage("wine", args);
    const name = `localhost:5001/wine:${await resolved(tag)}`;
    assert.equal(await resolved(reference), `${name}@${digest}`);
    assert.deepEqual(only(registered, "docker:index/image:Image").inputs, {
      imageName: name,
      build: {
        context: "./.staging/test/wine",
        dockerfile: "./.staging/test/wine/Dockerfile",
        target: "model",
        args: { BASE_IMAGE: args.baseImage, MODEL_SHA256: args.model?.sha256 },
        platform: "linux/amd64",
      },
      skipPush: false,
      buildOnPreview: false,
    });
    only(registered, "model-deployment:index:ServingImage");
  });

  it("builds with docker-build when told so", async () => {
    const registered = mockPulumi();
    const { reference, tag } = new ServingImage("wine", {
      ...args,
      builder: "docker-build",
      platform: "linux/arm64",
    });
    const name = `localhost:5001/wine:${await resolved(tag)}`;
    assert.equal(await resolved(reference), `${name}@${digest}`);
    const { inputs } = only(registered, "docker-build:index:Image");
    assert.deepEqual(
      {
        tags: inputs.tags,
        context: inputs.context,
        dockerfile: inputs.dockerfile,
        target: inputs.target,
        buildArgs: inputs.buildArgs,
        platforms: inputs.platforms,
        push: inputs.push,
        buildOnPreview: inputs.buildOnPreview,
        registries: inputs.registries,
      },
      {
        tags: [name],
        context: { location: "./.staging/test/wine" },
        dockerfile: { location: "./.staging/test/wine/Dockerfile" },
        target: "model",
        buildArgs: { BASE_IMAGE: args.baseImage, MODEL_SHA256: args.model?.sha256 },
        platforms: ["linux/arm64"],
        push: true,
        buildOnPreview: false,
        registries: undefined,
      },
    );
  });

  it("passes build arguments on", async () => {
    const registered = mockPulumi();
    const buildArgs = { REQUIREMENTS: "requirements-scikit-learn.txt" };
    await resolved(new ServingImage("wine", { ...args, buildArgs }).reference);
    assert.deepEqual(only(registered, "docker:index/image:Image").inputs.build.args, {
      ...buildArgs,
      BASE_IMAGE: args.baseImage,
      MODEL_SHA256: args.model?.sha256,
    });
  });

  it("never moves a tag: another model, base, argument or platform is another tag of the version", async () => {
    mockPulumi();
    const other = path.join(folder, "other.ubj");
    fs.writeFileSync(other, "another");
    const tagOf = (changes: Partial<ServingImageArgs>) =>
      resolved(new ServingImage("tagged", { ...args, ...changes }).tag);
    const tag = await tagOf({});
    assert.match(tag, /^1\.0\.0-[0-9a-f]{12}$/);
    assert.equal(await tagOf({ builder: "docker-build" }), tag);
    const others = [
      await tagOf({ model: readModelFile(other) }),
      await tagOf({ baseImage: "localhost:5001/base/python:3.13.1" }),
      await tagOf({ buildArgs: { REQUIREMENTS: "other" } }),
      await tagOf({ platform: "linux/arm64" }),
      await tagOf({ tag: "2.0.0" }),
    ];
    assert.equal(new Set([tag, ...others]).size, 6);
    const longest = await tagOf({ tag: "1".repeat(63) });
    assert.match(longest, /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
  });

  it("without model has a tag that follows what it is built from", async () => {
    mockPulumi();
    const tagOf = (changes: Partial<ServingImageArgs>) => {
      const server = { ...args, tag: undefined, model: undefined, ...changes };
      return resolved(new ServingImage("server", server).tag);
    };
    const tag = await tagOf({});
    assert.match(tag, /^[0-9a-f]{12}$/);
    assert.equal(await tagOf({}), tag);
    assert.equal(await tagOf({ repository: "ghcr.io/acme/server", builder: "docker-build" }), tag);
    const others = [
      await tagOf({ platform: "linux/arm64" }),
      await tagOf({ baseImage: "other" }),
      await tagOf({ buildArgs: { REQUIREMENTS: "other" } }),
    ];
    assert.equal(new Set([tag, ...others]).size, 4);
  });

  it("builds the server alone without a model", async () => {
    const registered = mockPulumi();
    await resolved(new ServingImage("runtime", { ...args, model: undefined }).reference);
    const { build } = only(registered, "docker:index/image:Image").inputs;
    assert.equal(build.target, "runtime");
    assert.deepEqual(build.args, { BASE_IMAGE: args.baseImage });
  });

  it("builds the program that downloads when told so", async () => {
    const registered = mockPulumi();
    const fetcher = { ...args, model: undefined, program: "fetcher" as const };
    await resolved(new ServingImage("fetcher", fetcher).reference);
    assert.equal(only(registered, "docker:index/image:Image").inputs.build.target, "fetcher");
  });

  describe("with packages", () => {
    const requirements = "packages.lock";
    const hash = `--hash=sha256:${"a".repeat(64)}`;
    before(() => {
      fs.writeFileSync(requirements, `numpy==2.5.5 ${hash}\n`);
      fs.writeFileSync("others.lock", `numpy==2.5.4 ${hash}\n`);
    });

    it("adds the model to the server that has them, or is that server", async () => {
      const registered = mockPulumi();
      const { reference } = new ServingImage("wine", { ...args, requirements });
      await resolved(reference);
      const { build } = only(registered, "docker:index/image:Image").inputs;
      assert.equal(build.target, "model");
      assert.equal(build.args.SERVER, "runtime-with-packages");
      assert.equal(
        fs.readFileSync(".staging/test/wine/packages/requirements.lock", "utf8"),
        `numpy==2.5.5 ${hash}\n`,
      );
      const alone = mockPulumi();
      await resolved(
        new ServingImage("alone", { ...args, model: undefined, requirements }).reference,
      );
      assert.equal(
        only(alone, "docker:index/image:Image").inputs.build.target,
        "runtime-with-packages",
      );
    });

    it("has a tag that follows them", async () => {
      mockPulumi();
      const tagOf = (changes: Partial<ServingImageArgs>) =>
        resolved(new ServingImage("tagged", { ...args, ...changes }).tag);
      const tags = [
        await tagOf({}),
        await tagOf({ requirements }),
        await tagOf({ requirements: "others.lock" }),
      ];
      assert.equal(new Set(tags).size, 3);
      assert.equal(await tagOf({ requirements: "none" }), tags[0]);
    });

    it("is refused without a lock", () => {
      mockPulumi();
      fs.writeFileSync("loose.txt", "numpy\n");
      assert.throws(
        () => new ServingImage("wine", { ...args, requirements: "loose.txt" }),
        /the packages in loose\.txt are not locked: .* make lock-model REQUIREMENTS=loose\.txt/,
      );
    });

    it("hands the package index on as a secret of the build, which may change like a token", async () => {
      const registered = mockPulumi();
      const before = process.env.PIP_INDEX_URL;
      process.env.PIP_INDEX_URL = "https://user:hunter2@example.com/simple";
      try {
        const builder = "docker-build";
        await resolved(new ServingImage("wine", { ...args, builder, requirements }).reference);
      } finally {
        process.env.PIP_INDEX_URL = before;
        if (before === undefined) {
          delete process.env.PIP_INDEX_URL;
        }
      }
      const { inputs } = only(registered, "docker-build:index:Image");
      const config = "[global]\nindex-url = https://user:hunter2@example.com/simple\n";
      assert.deepEqual(revealed(inputs).secrets, { "pip-config": config });
      assert.ok(secretsIn(inputs).includes(config));
      assert.deepEqual(inputs.ignoreSecretsInDiffCalculation, ["pip-config"]);
      assert.ok(!JSON.stringify(inputs.buildArgs).includes("hunter2"));
      const without = mockPulumi();
      await resolved(new ServingImage("wine", { ...args, builder: "docker-build" }).reference);
      assert.equal(only(without, "docker-build:index:Image").inputs.secrets, undefined);
    });
  });

  for (const builder of ["docker", "docker-build"] as const) {
    it(`hands credentials to ${builder} for the registry of the image, the password as secret`, async () => {
      const registered = mockPulumi();
      const image = new ServingImage("wine", {
        ...args,
        builder,
        repository: "ghcr.io/acme/wine",
        credentials: { username: "ci", password: "hunter2" },
      });
      await resolved(image.reference);
      const [{ inputs }] = registered.filter(({ type }) => type.startsWith("docker")) as [
        Registered,
      ];
      const { registry, registries } = revealed(inputs);
      const { server, address, username, password } = registry ?? registries[0];
      assert.deepEqual([server ?? address, username, password], ["ghcr.io", "ci", "hunter2"]);
      assert.ok(secretsIn(inputs).includes("hunter2"));
    });
  }

  it("takes an id of a local image for no digest", async () => {
    mockPulumi({ preview: true, provider: () => ({ repoDigest: digest }) });
    const { reference } = new ServingImage("wine", { ...args, buildOnPreview: true });
    assert.equal(await isKnown(reference), false);
  });

  it("is unknown in a preview that does not build", async () => {
    mockPulumi({
      preview: true,
      provider: () => ({ digest: "", ref: "localhost:5001/wine:1.0.0" }),
    });
    const { reference } = new ServingImage("wine", { ...args, builder: "docker-build" });
    assert.equal(await isKnown(reference), false);
  });
});
