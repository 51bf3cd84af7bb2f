/** Parts of the platform that are away while an update needs them. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { environment } from "../../local/environment";
import { supervisorctl } from "../../local/node/launch";
import { REGISTRY } from "../../local/settings";
import { run, waitFor } from "../../shared/run";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { recover } from "./recover";
import { assertSeen, follow } from "./runbook";
import { RunningUpdate } from "./runningUpdate";
import { SilentRegistry } from "./silentRegistry";
import { type FaultStack, faultStack, MODELS, NAMESPACE, releases } from "./stack";

const NO_REGISTRY = "The registry does not answer";
const SILENT_REGISTRY = "The registry says nothing";

describe("outages", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let stack: FaultStack;

  before(async () => {
    stack = await faultStack();
  });

  // Each begins with versions that the record's judge knows.
  beforeEach(() => stack.update("1.0.0"));

  const answers = (url: string) =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );

  /** A version that was never built. */
  function addModel(version: string): void {
    const folder = stack.copy.path("models/breast-cancer", version);
    fs.cpSync(stack.copy.path("models/breast-cancer/1.0.0"), folder, { recursive: true });
    fs.writeFileSync(`${folder}/note`, String(Date.now()));
  }

  it("of the registry during a push end the update, and the next one succeeds", async () => {
    addModel("1.0.2");
    stack.configure("1.0.0", { baked: { tag: "1.0.2" } });
    await supervisorctl("stop", "registry");
    try {
      assertSeen(NO_REGISTRY, await stack.failingUp("registry-away"));
    } finally {
      await supervisorctl("start", "registry");
    }
    assert.ok(await waitFor(() => answers(`http://${REGISTRY}/v2/`), TIMEOUT_MS));
    await follow(NO_REGISTRY, stack.copy);
    await stack.expectNoChanges();
  });

  it("of a registry that takes what is pushed and says nothing end the update in time", async () => {
    const registry = await SilentRegistry.start();
    try {
      const image = { registry: `${registry.address}/${NAMESPACE}`, timeout: 30 };
      addModel("1.0.3");
      stack.configure("1.0.0", { baked: { tag: "1.0.3", image } });
      assertSeen(SILENT_REGISTRY, await stack.failingUp("registry-silent"));
      assert.ok(registry.swallowed > 0, "nothing was pushed");
    } finally {
      await registry.stop();
    }
    stack.configure("1.0.0");
    await follow(SILENT_REGISTRY, stack.copy);
    await stack.expectNoChanges();
  });

  it("of the API server during an update", async () => {
    await stack.withoutFailure(MODELS, async () => {
      stack.configure("2.0.0");
      const update = new RunningUpdate(stack.copy);
      const isUpgrading = async () =>
        Object.values(await releases()).includes("pending-upgrade") || update.hasEnded;
      assert.ok(await waitFor(isUpgrading, TIMEOUT_MS, 100));
      await supervisorctl("restart", "kube-apiserver");
      const isReady = async () =>
        run("kubectl", ["get", "--raw", "/readyz"], { env: environment(true) }).then(
          () => true,
          () => false,
        );
      assert.ok(await waitFor(isReady, TIMEOUT_MS));
      // Helm and the providers ask again, so the update may well succeed. If Helm could not even note
      // that it failed, the next one says how to go on.
      await update.ended;
      const followed = await recover(stack.copy);
      process.stdout.write(`      repaired by: ${followed.join(", ") || "pulumi up"}\n`);
      await stack.awaitOnly("2.0.0");
      await stack.expectNoChanges();
    });
  });
});
