/** The components in a program that the Automation API runs in its own process, as often as somebody wants. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as automation from "@pulumi/pulumi/automation";
import { ModelDeployment } from "../../components";
import { PROJECT_DIR, TOOLS_BIN } from "../../local/settings";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { environmentOfNowhere } from "./nowhere";

describe("a program in a process that lives on", function () {
  this.timeout(TEST_TIMEOUT_MS);

  const folder = temporaryFolder("several-runs");
  const home = process.cwd();
  after(() => process.chdir(home));

  async function program(): Promise<void> {
    for (const name of ["iris", "wine"]) {
      new ModelDeployment(name, {
        version: "1.0.0",
        sha256: "b".repeat(64),
        image: { repository: "localhost:5001/model", digest: `sha256:${"a".repeat(64)}` },
        chart: path.join(PROJECT_DIR, "chart"),
      });
    }
  }

  it("is previewed twice, each time asked what changes by its own engine", async () => {
    process.chdir(folder);
    const state = path.join(folder, "state");
    fs.mkdirSync(state);
    const envVars = { ...environmentOfNowhere(folder), PULUMI_BACKEND_URL: `file://${state}` };
    const pulumiCommand = await automation.PulumiCommand.get({ root: path.dirname(TOOLS_BIN) });
    const stack = await automation.LocalWorkspace.createStack(
      { stackName: "dev", projectName: "several", program },
      {
        pulumiCommand,
        workDir: folder,
        envVars,
        projectSettings: {
          name: "several",
          runtime: "nodejs",
          backend: { url: `file://${state}` },
        },
      },
    );
    const rendered = path.join(folder, ".staging", "dev", ".rendered");
    for (const run of ["first", "second"]) {
      const { changeSummary } = await stack.preview();
      assert.equal(changeSummary.create, 5, `${run}: ${JSON.stringify(changeSummary)}`);
      assert.deepEqual(fs.readdirSync(rendered).sort(), ["iris", "wine"], run);
      fs.rmSync(rendered, { recursive: true });
    }
  });
});
