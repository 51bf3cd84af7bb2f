/** The way of a newcomer: the package from a registry, the template in an empty folder, a model that answers. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseDocument } from "yaml";
import { environment } from "../../local/environment";
import { PROJECT_DIR, REGISTRY } from "../../local/settings";
import type { Golden } from "../../shared/golden";
import { awaitPrediction } from "../../shared/predict";
import { tryRun } from "../../shared/run";
import { type DeployedModel, WorkingCopy } from "../end-to-end/workingCopy";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { NpmRegistry } from "./npmRegistry";

const root = temporaryFolder("published");
const folder = path.join(root, "newcomer");
const NAMESPACE = "newcomer";

describe("the package in a registry", function () {
  this.timeout(TEST_TIMEOUT_MS);

  const env = {
    ...environment(true),
    PULUMI_BACKEND_URL: `file://${root}/state`,
    PULUMI_CONFIG_PASSPHRASE: "",
    // A cache of its own: npm would take a tarball of the same name and version for the same.
    npm_config_cache: path.join(root, "cache"),
  };
  const execute = async (cwd: string, program: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await tryRun(program, args, { cwd, env });
    assert.equal(code, 0, `${program} ${args.join(" ")}\n${stdout}\n${stderr}`);
    return stdout;
  };

  let registry: NpmRegistry;
  before(async () => {
    for (const each of [folder, path.join(root, "state")]) {
      fs.mkdirSync(each);
    }
    registry = await NpmRegistry.start(root);
  });
  after(() => registry?.stop());

  it("is published from a clone in which nothing is installed", async () => {
    const clone = WorkingCopy.create("published");
    try {
      fs.unlinkSync(clone.path("node_modules"));
      registry.configure(clone.folder);
      await execute(clone.folder, "npm", "publish", "--loglevel=error");
    } finally {
      clone.remove();
    }
    const own = JSON.parse(fs.readFileSync(path.join(PROJECT_DIR, "package.json"), "utf8"));
    registry.configure(folder);
    const seen = await execute(folder, "npm", "view", "model-deployment", "version");
    assert.equal(seen.trim(), own.version);
  });

  it("is what the template installs, with one copy of each SDK", async () => {
    const template = path.join(PROJECT_DIR, "template");
    // Into a folder that has its .npmrc already.
    await execute(folder, "pulumi", "new", template, "--yes", "--generate-only", "--force");
    await execute(folder, "npm", "install", "--no-progress", "--loglevel=error");
    for (const sdk of ["pulumi", "kubernetes", "docker", "docker-build"]) {
      const found = fs
        .readdirSync(path.join(folder, "node_modules"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(`@pulumi/${sdk}/package.json`));
      assert.equal(found.length, 1, found.join());
    }
    assert.match(await execute(folder, "npm", "test"), /^(#|ℹ) pass 1$/m);
  });

  it("deploys a model that predicts what plain XGBoost does", async () => {
    const file = path.join(folder, "Pulumi.dev.yaml");
    const document = parseDocument(fs.readFileSync(file, "utf8"));
    const set = (key: string[], value: unknown) =>
      document.setIn(["config", `newcomer:${key[0]}`, ...key.slice(1)], value);
    set(["namespace"], NAMESPACE);
    set(["image", "registry"], `${REGISTRY}/${NAMESPACE}`);
    set(["image", "builder"], "docker-build");
    set(["image", "baseImage"], `${REGISTRY}/base/python:3.13`);
    set(["ingress", "port"], 8080);
    set(["ingress", "hosts"], [{ host: `{name}.${NAMESPACE}.localhost` }]);
    fs.writeFileSync(file, document.toString());
    // The providers of newer SDKs would have to be downloaded.
    const { devDependencies } = JSON.parse(
      fs.readFileSync(path.join(PROJECT_DIR, "package.json"), "utf8"),
    ) as { devDependencies: Record<string, string> };
    const sdks = ["@pulumi/pulumi", "@pulumi/kubernetes", "@pulumi/docker-build"].map(
      (sdk) => `${sdk}@${devDependencies[sdk]}`,
    );
    await execute(folder, "npm", "install", "--no-progress", "--loglevel=error", ...sdks);
    await execute(folder, "pulumi", "stack", "init", "dev");
    try {
      await execute(folder, "pulumi", "up", "--yes", "--skip-preview", "--non-interactive");
      const outputs = JSON.parse(await execute(folder, "pulumi", "stack", "output", "--json"));
      const { iris } = outputs.models as Record<string, DeployedModel>;
      assert.ok(iris);
      const golden = JSON.parse(
        fs.readFileSync(path.join(folder, "models", "iris", "1.0.0", "golden.json"), "utf8"),
      ) as Golden;
      await awaitPrediction(iris.ingressUrl, { golden, sha256: iris.model.sha256 });
      const preview = await execute(folder, "pulumi", "preview", "--expect-no-changes");
      assert.match(preview, /unchanged/);
    } finally {
      await execute(folder, "pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive");
    }
  });
});
