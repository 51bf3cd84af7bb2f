/** A node that is drained under traffic. */
import * as assert from "node:assert/strict";
import { environment } from "../../local/environment";
import { NODE_NAME } from "../../local/settings";
import { tryRun, waitFor } from "../../shared/run";
import { kubectl } from "../end-to-end/workingCopy";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { type FaultStack, faultStack, podsOf, settledPods } from "./stack";

/** How long a model is watched after a fault, in milliseconds. */
const AFTERMATH = 3_000;
const rest = () => new Promise((resolve) => setTimeout(resolve, AFTERMATH));

describe("pods of a drained node, under traffic", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let stack: FaultStack;

  before(async () => {
    stack = await faultStack();
    await stack.update("1.0.0");
  });

  it("are evicted only while another one answers", async () => {
    const before = await settledPods("baked");
    const drain = ["drain", NODE_NAME, "--delete-emptydir-data", "--timeout=300s"];
    const ofModel = "--pod-selector=app.kubernetes.io/instance=baked";
    await stack.withoutFailure(["baked"], async () => {
      const draining = tryRun("kubectl", [...drain, ofModel], { env: environment(true) });
      try {
        const hasLeft = async () => (await podsOf("baked")).filter((pod) => before.includes(pod));
        assert.ok(
          await waitFor(async () => (await hasLeft()).length === 1, TIMEOUT_MS),
          "no pod was evicted",
        );
        // Its successor has no node to run on: the other one must stay, however long that takes.
        await rest();
        assert.equal((await hasLeft()).length, 1, "the budget did not hold");
      } finally {
        await kubectl("uncordon", NODE_NAME);
      }
      const { code, stdout, stderr } = await draining;
      assert.equal(code, 0, stderr);
      assert.match(stdout + stderr, /Cannot evict pod as it would violate the pod's disruption/);
      assert.equal((await settledPods("baked", before)).length, 2);
    });
  });
});
