/** Models in files of their own, put back to what a stack served before: by the engine's history and git's. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { type RunResult, run, tryRun } from "../../shared/run";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";

const root = temporaryFolder("model-file-rollback");
const folder = path.join(root, "project");
const modelFile = path.join(folder, "prod.models", "wine.yaml");
const env = {
  ...environment(false),
  PULUMI_BACKEND_URL: `file://${root}/state`,
  PULUMI_CONFIG_PASSPHRASE: "",
  PULUMI_ACCESS_TOKEN: "",
  PULUMI_CREDENTIALS_PATH: root,
  // This folder has no TypeScript of its own.
  TS_NODE_PROJECT: path.join(PROJECT_DIR, "tsconfig.json"),
};

const model = (version: number) => `# The one for the red ones.
tag: ${version}.0.0   # the newest
sha256: ${`${version}a`.repeat(32)}
image:
    digest: sha256:${`${version}a`.repeat(32)}
replicas: ${version}
`;

/** The identity of one version, and the settings of another: those are nobody's to undo. */
const modelBack = (version: number, settingsOf: number) =>
  model(version).replace(`replicas: ${version}`, `replicas: ${settingsOf}`);

const write = (version: number) => fs.writeFileSync(modelFile, model(version));
const read = () => fs.readFileSync(modelFile, "utf8");
const git = (...args: string[]) =>
  run("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
    cwd: folder,
  });
const pulumi = (...args: string[]) =>
  run("pulumi", [...args, "--stack", "prod", "--non-interactive"], { cwd: folder, env });

async function commit(message: string): Promise<void> {
  await git("add", "--all");
  await git("commit", "--quiet", "--message", message);
}

const deploy = () => pulumi("up", "--yes", "--skip-preview");

function rollback(...args: string[]): Promise<RunResult> {
  const cli = path.join(PROJECT_DIR, "promotion", "cli.ts");
  const register = require.resolve("ts-node/register/transpile-only");
  const command = ["rollback", "--model", "wine", "--stack", "prod", ...args];
  return tryRun(process.execPath, ["--require", register, cli, ...command], { cwd: folder, env });
}

describe("the rollback of a model with a file of its own", function () {
  this.timeout(TEST_TIMEOUT_MS);

  before(async () => {
    for (const each of [path.dirname(modelFile), path.join(root, "state")]) {
      fs.mkdirSync(each, { recursive: true });
    }
    const files = {
      "Pulumi.yaml": "name: model-deployment\nruntime: nodejs\n",
      "package.json": "{}",
      "index.js": "require('@pulumi/pulumi');\n",
      ".gitignore": "node_modules\n",
      "Pulumi.prod.yaml":
        "config:\n  model-deployment:image: { registry: ghcr.io/acme }\n  model-deployment:modelsFrom: prod.models\n",
    };
    for (const [name, text] of Object.entries(files)) {
      fs.writeFileSync(path.join(folder, name), text);
    }
    fs.symlinkSync(
      fs.realpathSync(path.join(PROJECT_DIR, "node_modules")),
      path.join(folder, "node_modules"),
    );
    await git("init", "--quiet");
    await run("pulumi", ["stack", "init", "prod", "--no-select", "--non-interactive"], {
      cwd: folder,
      env,
    });
    for (const version of [1, 2]) {
      write(version);
      await commit(`Serve ${version}`);
      await deploy();
    }
    // Deployed as no commit has it.
    write(3);
    await deploy();
    write(4);
    await commit("Serve 4");
  });

  beforeEach(() => write(4));

  it("takes the newest update that deployed a commit, and keeps all other settings", async () => {
    const { code, stdout, stderr } = await rollback();
    assert.equal(code, 0, stdout + stderr);
    assert.equal(read(), modelBack(2, 4));
    assert.match(stdout, /prod served 2\.0\.0 since .*, after an update that succeeded/);
    assert.match(stdout, /Next: git diff prod\.models\/wine\.yaml; commit it/);
  });

  it("takes the version that is asked for", async () => {
    const { code, stdout, stderr } = await rollback("--tag", "1.0.0");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(read(), modelBack(1, 4));
  });

  it("is refused for what no commit had or nobody deployed, with what to type", async () => {
    for (const version of ["3.0.0", "9.0.0"]) {
      const { code, stderr } = await rollback("--tag", version);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /no update in its last 3 that succeeded with another model \d\.0\.0/);
      assert.match(stderr, /git checkout <commit> -- prod\.models\/wine\.yaml/);
      assert.equal(read(), model(4));
    }
  });

  it("takes what stood in the stack's file before the model had one of its own", async () => {
    const stack = path.join(folder, "Pulumi.prod.yaml");
    const divided = fs.readFileSync(stack, "utf8");
    const inStack = model(5).replace(/^/gm, "      ").trimEnd();
    fs.writeFileSync(
      stack,
      divided.replace(
        / {2}model-deployment:modelsFrom.*\n/,
        `  model-deployment:models:\n    wine:\n${inStack}\n`,
      ),
    );
    fs.rmSync(modelFile);
    await commit("Keep it in one file");
    await deploy();
    fs.writeFileSync(stack, divided);
    write(4);
    await commit("Give it a file of its own");
    const { code, stdout, stderr } = await rollback();
    assert.equal(code, 0, stdout + stderr);
    assert.equal(read(), modelBack(5, 4));
  });
});
