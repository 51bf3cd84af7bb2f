/** Releases that somebody removes or changes behind Pulumi's back: it is told, and the runbook repairs. */
import * as assert from "node:assert/strict";
import { run } from "../../shared/run";
import { kubectl, STACK } from "../end-to-end/workingCopy";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { assertSeen, follow } from "./runbook";
import { type FaultStack, faultStack, NAMESPACE } from "./stack";

const GONE = "What the stack deployed is gone";
const CHANGED = "What runs is not what the stack deployed";

describe("a release that is changed behind Pulumi's back", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let stack: FaultStack;
  before(async () => {
    stack = await faultStack();
    await stack.update("2.0.0");
    await stack.update("1.0.0");
  });

  const helm = (...args: string[]) =>
    run("helm", [...args, `--namespace=${NAMESPACE}`], { env: stack.copy.env });
  const preview = async () => {
    const { stdout, stderr } = await stack.copy.tryPulumi("preview", "--stack", STACK);
    return stdout + stderr;
  };

  async function isWhole(): Promise<void> {
    await stack.awaitOnly("1.0.0");
    await stack.expectNoChanges();
    assert.doesNotMatch(await preview(), /an update may fail|what runs is not/);
  }

  it("is told in preview, update and destroy when it was uninstalled", async () => {
    await helm("uninstall", "baked", "--wait");
    const previewed = await preview();
    assert.ok(previewed.includes(`does not have: release baked in ${NAMESPACE}.`), previewed);
    const updated = await stack.copy.failingUp();
    const release = `urn:pulumi:${STACK}::model-deployment::model-deployment:index:ModelDeployment$kubernetes:helm.sh/v3:Release::baked`;
    const args = ["destroy", "--yes", "--skip-preview", "--stack", STACK, "--target", release];
    const destroyed = await stack.copy.tryPulumi(...args);
    assert.notEqual(destroyed.code, 0);
    assertSeen(GONE, updated + destroyed.stdout + destroyed.stderr);
    await follow(GONE, stack.copy);
    await isWhole();
  });

  it("is told when Helm's Secrets are deleted, and its objects are taken over", async () => {
    await kubectl(
      "delete",
      "secret",
      `--namespace=${NAMESPACE}`,
      "--selector=owner=helm,name=mapped",
    );
    const previewed = await preview();
    assert.ok(previewed.includes(`does not have: release mapped in ${NAMESPACE}.`), previewed);
    await follow(GONE, stack.copy);
    await isWhole();
  });

  it("is told when only its history was kept", async () => {
    await helm("uninstall", "mounted", "--keep-history", "--wait");
    const printed = await stack.copy.failingUp();
    assert.match(printed, /the release mounted .* was uninstalled and its history kept/);
    await helm("uninstall", "mounted");
    await follow(GONE, stack.copy);
    await isWhole();
  });

  it("is told after helm rollback, in an update too", async () => {
    await helm("rollback", "downloaded", "--wait");
    assertSeen(CHANGED, await preview());
    assertSeen(CHANGED, await stack.copy.up());
    await follow(CHANGED, stack.copy);
    await isWhole();
  });

  it("is told after helm upgrade with a value that a refresh does not see, and put back by Helm", async () => {
    const chart = stack.copy.path("chart");
    await helm(
      "upgrade",
      "baked",
      chart,
      "--reuse-values",
      "--set=podAnnotations.by=hand",
      "--wait",
    );
    const printed = await preview();
    const [command = ""] = /helm rollback --namespace \S+ baked \d+/.exec(printed) ?? [];
    assert.notEqual(command, "", printed);
    await run("bash", ["-c", command], { env: stack.copy.env });
    await isWhole();
  });
});
