/** Every scenario of the chart, judged by the real API server with the real custom resources. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { run, tryRun } from "../../shared/run";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { installCustomResources } from "./customResources";
import { createNamespace, removeNamespaces } from "./workingCopy";

const NAMESPACE = "chart-scenarios";
const CHART = path.join(PROJECT_DIR, "chart");
const env = environment(true);

const scenarios = fs.readdirSync(path.join(CHART, "ci")).filter((file) => file.endsWith(".yaml"));

function render(scenario: string): Promise<string> {
  const values = path.join(CHART, "ci", scenario);
  return run(
    "helm",
    ["template", "scenario", CHART, "--namespace", NAMESPACE, "--values", values],
    {
      env,
    },
  );
}

function dryRun(manifests: string) {
  return tryRun(
    "kubectl",
    ["apply", `--namespace=${NAMESPACE}`, "--dry-run=server", "--filename=-"],
    {
      env,
      input: manifests,
    },
  );
}

/** Without what kubectl notes for its developers, such as that no measurements are to be had right now. */
const complaints = (stderr: string): string[] =>
  stderr.split("\n").filter((line) => line !== "" && !/^[IWE]\d{4} /.test(line));

describe("the chart on a real API server", function () {
  this.timeout(TEST_TIMEOUT_MS);

  before(async () => {
    await installCustomResources();
    await createNamespace(NAMESPACE);
    // The strictest Pod Security Standard: for a Deployment the API server answers with a warning.
    const labels = ["enforce", "warn"].map(
      (mode) => `pod-security.kubernetes.io/${mode}=restricted`,
    );
    await run("kubectl", ["label", "namespace", NAMESPACE, ...labels], { env });
  });

  after(() => removeNamespaces(NAMESPACE));

  it("has scenarios", () => {
    assert.ok(scenarios.length > 0);
  });

  for (const scenario of scenarios) {
    it(`is accepted without a warning: ${scenario}`, async () => {
      const manifests = await render(scenario);
      const { code, stdout, stderr } = await dryRun(manifests);
      assert.equal(code, 0, stderr);
      assert.deepEqual(complaints(stderr), []);
      const kinds = parseAllDocuments(manifests).filter((document) => document.contents !== null);
      assert.equal(stdout.trim().split("\n").length, kinds.length);
    });
  }

  it("would be warned of a pod that is not restricted", async () => {
    const manifests = (await render(scenarios[0] ?? "")).replace(
      "runAsNonRoot: true",
      "runAsNonRoot: false",
    );
    const { stderr } = await dryRun(manifests);
    assert.match(stderr, /would violate PodSecurity "restricted/);
  });
});
