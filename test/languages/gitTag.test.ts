/** The package from a tag of a git repository, as somebody without a clone takes it. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { WorkingCopy } from "../end-to-end/workingCopy";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { GitHost } from "./gitHost";
import { LANGUAGES, type Language, Program } from "./program";

const root = temporaryFolder("git-tag");
const { version } = JSON.parse(fs.readFileSync(path.join(PROJECT_DIR, "package.json"), "utf8")) as {
  version: string;
};

/** A home of Pulumi without any package, but with the providers that this machine has. */
function pulumiHome(): string {
  const plugins = path.join(
    process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi"),
    "plugins",
  );
  const home = path.join(root, "pulumi");
  for (const name of fs.readdirSync(plugins)) {
    if (/^resource-(kubernetes|docker-build)-v[\d.]+$/.test(name)) {
      const folder = path.join(home, "plugins", name);
      fs.mkdirSync(folder, { recursive: true });
      for (const file of fs.readdirSync(path.join(plugins, name))) {
        fs.symlinkSync(path.join(plugins, name, file), path.join(folder, file));
      }
    }
  }
  return home;
}

/** One of the examples, in a folder without a clone around it. */
function exampleAlone(language: Language, env: Record<string, string>): Program {
  const folder = path.join(root, "programs", "of-somebody", language);
  fs.cpSync(path.join(PROJECT_DIR, "examples", language), folder, {
    recursive: true,
    filter: (file) => !/^(node_modules|sdks|\.staging)$/.test(path.basename(file)),
  });
  const file = path.join(folder, "Pulumi.yaml");
  const { packages: _, ...project } = parse(fs.readFileSync(file, "utf8"));
  fs.writeFileSync(file, stringify(project));
  return new Program(language, folder, env);
}

describe("the package from a tag", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let host: GitHost;
  let source: string;
  let env: Record<string, string>;
  before(async () => {
    // The name by which Pulumi knows the way to it; nothing of this leaves the machine.
    host = await GitHost.start("github.com", root);
    const copy = WorkingCopy.create("git-tag");
    const url = await host.publish(copy.folder, "acme/model-deployment", `v${version}`);
    source = `${url}/provider@v${version}`;
    const models = path.join("models", "breast-cancer", "1.0.0");
    fs.cpSync(copy.path(models), path.join(root, "programs", models), { recursive: true });
    copy.remove();
    fs.mkdirSync(path.join(root, "state"));
    env = {
      ...environment(true),
      ...host.env,
      PULUMI_BACKEND_URL: `file://${root}/state`,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_HOME: pulumiHome(),
    };
  });
  after(() => host?.stop());

  for (const language of LANGUAGES) {
    it(`is found again by a program in ${language}`, async () => {
      const program = exampleAlone(language, env);
      await program.addPackage(source);
      await program.pulumi("stack", "init", language);
      const preview = await program.pulumi("preview", "--json");
      const { steps } = JSON.parse(preview) as { steps: { op: string; urn: string }[] };
      assert.deepEqual(
        steps.map(({ op, urn }) => [op, (urn.split("::")[2] ?? "").split("$").at(-1)]).sort(),
        [
          ["create", "docker-build:index:Image"],
          ["create", "kubernetes:helm.sh/v3:Release"],
          ["create", "model-deployment:index:ModelDeployment"],
          ["create", "model-deployment:index:ServingImage"],
          ["create", "pulumi:pulumi:Stack"],
        ],
      );
      const plugins = fs.readdirSync(path.join(env.PULUMI_HOME ?? "", "plugins"));
      const installed = `resource-github.com_acme_model-deployment.git_provider-v${version}`;
      assert.ok(plugins.includes(installed), plugins.join());
    });
  }
});
