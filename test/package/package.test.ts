/** What npm packs, as another program installs, type-checks and previews it. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { buildContextDigest, stageBuildContext } from "../../components/image/buildContext";
import { readChart } from "../../components/release/chart";
import { PROJECT_DIR } from "../../local/settings";
import { type RunResult, tryRun } from "../../shared/run";
import { environmentOfNowhere } from "../program/nowhere";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { copiesOf, install, type Packed, pack, sdks, sizeOf } from "./installed";

const root = temporaryFolder("package");
const folder = path.join(root, "program");
const installed = path.join(folder, "node_modules", "model-deployment");
const project = (...names: string[]) => path.join(PROJECT_DIR, ...names);

/** How the three kinds of programs resolve what they import. */
const RESOLUTIONS = {
  commonjs: { module: "commonjs", moduleResolution: "node10", ignoreDeprecations: "5.0" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

describe("the npm package", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let packed: Packed;
  let sizeOfSdks: number;
  before(async () => {
    fs.mkdirSync(folder);
    packed = await pack(root);
    await install(folder, ...sdks("pulumi", "kubernetes", "docker-build"));
    sizeOfSdks = sizeOf(path.join(folder, "node_modules"));
    await install(folder, packed.file);
    fs.copyFileSync(path.join(__dirname, "program.ts"), path.join(folder, "index.ts"));
    fs.cpSync(project("template", "models"), path.join(folder, "models"), { recursive: true });
  });

  it("holds the code, its types, the chart, and what the server's image is built from", () => {
    const kinds = [
      /^(LICENSE|README\.md|package\.json)$/,
      /^dist\/(index\.js|lock\/cli\.js|THIRD-PARTY-LICENSES\.txt)$/,
      /^dist\/types\/(components|shared)\/.*\.d\.ts$/,
      /^chart\/(\.helmignore|Chart\.yaml|README\.md|values\.yaml|values\.schema\.json)$/,
      /^chart\/(templates|files)\/.*\.(tpl|yaml|txt|json|py)$/,
      /^serving\/(\.dockerignore|Dockerfile|build_native\.py|requirements(-build|-fetcher|-packages|-scikit-learn)?\.txt)$/,
      /^serving\/(model_server|model_fetcher|model_packages)\/.*\.(py|c|h|json)$/,
    ];
    for (const file of packed.files) {
      assert.ok(
        kinds.some((kind) => kind.test(file)),
        file,
      );
    }
    for (const kind of kinds) {
      assert.ok(
        packed.files.some((file) => kind.test(file)),
        String(kind),
      );
    }
    assert.doesNotMatch(
      packed.files.join("\n"),
      /serving\/tests|__pycache__|\.pyc$|\.so$|generate|^chart\/ci/m,
    );
  });

  it("deploys the same chart and builds the same image as this checkout", () => {
    assert.equal(
      readChart(path.join(installed, "chart")).fingerprint,
      readChart(project("chart")).fingerprint,
    );
    const home = process.cwd();
    process.chdir(root);
    try {
      const digests = [path.join(installed, "serving"), project("serving")].map((serving) =>
        buildContextDigest(stageBuildContext("server", undefined, serving), ""),
      );
      assert.equal(digests[0], digests[1]);
    } finally {
      process.chdir(home);
    }
  });

  it("brings no second copy of an SDK, and at most a tenth of what those take", () => {
    for (const sdk of ["pulumi", "kubernetes", "docker-build"]) {
      assert.deepEqual(copiesOf(`@pulumi/${sdk}`, folder), [
        `node_modules/@pulumi/${sdk}/package.json`,
      ]);
    }
    const size = sizeOf(path.join(folder, "node_modules"));
    assert.ok(size <= sizeOfSdks * 1.1, `${size} bytes, the SDKs alone have ${sizeOfSdks}`);
  });

  it("hands on the licences of what is part of its code", () => {
    const code = fs.readFileSync(path.join(installed, "dist", "index.js"), "utf8");
    const parts = [...code.matchAll(/^\/\/ .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm)].map(
      ([, name]) => name,
    );
    const told = fs.readFileSync(path.join(installed, "dist", "THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of new Set(parts)) {
      assert.match(told, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"));
    }
    assert.deepEqual([...new Set(parts)].sort(), ["@balena/dockerignore", "yaml", "zod"]);
  });

  it("is loaded by programs of both module systems", async () => {
    const names = (imported: string) => `console.log(Object.keys(${imported}).sort().join())`;
    const required = await runNode("-e", names('require("model-deployment")'));
    const imported = await runNode(
      "--input-type=module",
      "-e",
      `import * as all from "model-deployment"; ${names("all.default")}; new all.ConfigError("dev", [])`,
    );
    assert.equal(required.stderr + imported.stderr, "");
    assert.match(required.stdout, /ModelDeployment,ServingImage/);
    assert.equal(imported.stdout, required.stdout);
  });

  for (const [name, options] of Object.entries(RESOLUTIONS)) {
    it(`has types for programs that resolve as ${name}`, async () => {
      const config = {
        // The types of the SDKs are not ours to check.
        compilerOptions: { target: "es2022", strict: true, skipLibCheck: true, ...options },
        files: ["index.ts"],
      };
      const file = path.join(folder, `tsconfig.${name}.json`);
      fs.writeFileSync(file, JSON.stringify(config));
      const compiler = project("node_modules", "typescript", "bin", "tsc");
      const { code, stdout } = await runNode(compiler, "--noEmit", "--project", file);
      assert.equal(code, 0, stdout);
    });
  }

  it("is previewed by the engine, where there is no cluster", async () => {
    const { code, stdout, stderr } = await preview();
    assert.equal(code, 0, stdout + stderr);
    const types = (JSON.parse(stdout) as { steps: { urn: string }[] }).steps.map(
      ({ urn }) => urn.split("::")[2]?.split("$").at(-1) ?? "",
    );
    assert.deepEqual(types.sort(), [
      "docker-build:index:Image",
      "kubernetes:core/v1:ConfigMap",
      "kubernetes:helm.sh/v3:Release",
      "model-deployment:index:ModelDeployment",
      "model-deployment:index:ServingImage",
      "pulumi:pulumi:Stack",
    ]);
    assert.match(stdout, /node_modules\/model-deployment\/chart/);
  });

  it("names the SDK that a builder takes and a program has not", async () => {
    const { code, stderr } = await runNode(
      "-e",
      `const pulumi = require("@pulumi/pulumi");
       pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "1", state: inputs }), call: () => ({}) });
       new (require("model-deployment").ServingImage)("server", { repository: "ghcr.io/acme/server" });`,
    );
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /the builder docker takes the package @pulumi\/docker, which this program has not\n.*npm install @pulumi\/docker, or choose the builder docker-build/,
    );
  });

  const runNode = (...args: string[]): Promise<RunResult> =>
    tryRun(process.execPath, args, { cwd: folder });

  async function preview(): Promise<RunResult> {
    const state = path.join(root, "state");
    fs.mkdirSync(state, { recursive: true });
    const env = { ...environmentOfNowhere(root), PULUMI_BACKEND_URL: `file://${state}` };
    fs.writeFileSync(
      path.join(folder, "Pulumi.yaml"),
      "name: shop\nruntime: nodejs\nmain: index.ts\n",
    );
    // A program has its own TypeScript; this one takes the one at hand.
    for (const name of ["typescript", "ts-node"]) {
      fs.symlinkSync(project("node_modules", name), path.join(folder, "node_modules", name));
    }
    const made = await tryRun("pulumi", ["stack", "init", "dev"], { cwd: folder, env });
    return made.code === 0
      ? tryRun("pulumi", ["preview", "--stack", "dev", "--json"], { cwd: folder, env })
      : made;
  }
});
