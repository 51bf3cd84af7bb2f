/** The project that `pulumi new` makes of the template, with the package of this checkout. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { type RunResult, tryRun } from "../../shared/run";
import { environmentOfNowhere } from "../program/nowhere";
import { sha256Of } from "../sha256Of";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { install, pack, sdks } from "./installed";

const template = path.join(PROJECT_DIR, "template");
const root = temporaryFolder("template");
const folder = path.join(root, "my-models");

describe("the template of pulumi new", function () {
  this.timeout(TEST_TIMEOUT_MS);

  const env = environmentOfNowhere(root);
  const execute = (program: string, ...args: string[]): Promise<RunResult> =>
    tryRun(program, args, { cwd: folder, env });
  const expectSuccess = async (program: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await execute(program, ...args);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };

  before(async () => {
    const state = path.join(root, "state");
    for (const each of [folder, state]) {
      fs.mkdirSync(each);
    }
    env.PULUMI_BACKEND_URL = `file://${state}`;
    await expectSuccess("pulumi", "new", template, "--yes", "--generate-only");
  });

  it("makes a project of five files, its config and a model, under the name of its folder", () => {
    const files = fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
    assert.deepEqual(files.sort(), [
      ".gitignore",
      "Pulumi.dev.yaml",
      "Pulumi.yaml",
      "index.test.ts",
      "index.ts",
      "models/iris/1.0.0/golden.json",
      "models/iris/1.0.0/model.json",
      "package.json",
      "tsconfig.json",
    ]);
    for (const file of files) {
      assert.doesNotMatch(fs.readFileSync(path.join(folder, file), "utf8"), /\$\{[A-Z]+\}/, file);
    }
    assert.match(
      fs.readFileSync(path.join(folder, "Pulumi.dev.yaml"), "utf8"),
      /^ {2}my-models:models:$/m,
    );
  });

  it("has the program of this project", () => {
    const own = fs.readFileSync(path.join(PROJECT_DIR, "index.ts"), "utf8");
    assert.equal(
      fs.readFileSync(path.join(template, "index.ts"), "utf8"),
      own.replace('"./components"', '"model-deployment"'),
    );
  });

  it("asks for what the package of this version takes", () => {
    const read = (file: string) => JSON.parse(fs.readFileSync(file, "utf8"));
    const own = read(path.join(PROJECT_DIR, "package.json"));
    const { dependencies } = read(path.join(folder, "package.json"));
    assert.deepEqual(dependencies, { ...own.peerDependencies, [own.name]: `^${own.version}` });
  });

  it("has the model that the training script makes", async () => {
    const python = path.join(PROJECT_DIR, ".venv", "bin", "python");
    const script = path.join(PROJECT_DIR, "models", "train.py");
    await expectSuccess(python, script, "--format", "json", "--output", root, "iris", "1.0.0");
    for (const file of ["model.json", "golden.json"]) {
      assert.equal(
        sha256Of(path.join(root, "iris", "1.0.0", file)),
        sha256Of(path.join(folder, "models", "iris", "1.0.0", file)),
      );
    }
  });

  it("passes its own test and is previewed, as is a model that one line adds", async () => {
    // The tarball of this checkout instead of what a registry has.
    const file = path.join(folder, "package.json");
    const manifest = JSON.parse(fs.readFileSync(file, "utf8"));
    const { file: tarball } = await pack(root);
    manifest.dependencies["model-deployment"] = `file:${tarball}`;
    fs.writeFileSync(file, JSON.stringify(manifest));
    await install(folder, ...sdks("pulumi", "kubernetes", "docker", "docker-build"));
    assert.match(await expectSuccess("npm", "test"), /^(#|ℹ) pass 1$/m);

    await expectSuccess("pulumi", "stack", "init", "dev");
    const releases = async () => {
      const { steps } = JSON.parse(await expectSuccess("pulumi", "preview", "--json")) as {
        steps: { urn: string }[];
      };
      return steps.flatMap(({ urn }) => /helm\.sh\/v3:Release::(.*)$/.exec(urn)?.[1] ?? []);
    };
    assert.deepEqual(await releases(), ["iris"]);
    const models = path.join(folder, "models");
    fs.cpSync(path.join(models, "iris"), path.join(models, "lily"), { recursive: true });
    await expectSuccess("pulumi", "config", "set", "--path", "models.lily.tag", "1.0.0");
    assert.deepEqual((await releases()).sort(), ["iris", "lily"]);
  });
});
