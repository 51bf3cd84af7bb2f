/** Pods that come, go and are killed, under traffic. */
import * as assert from "node:assert/strict";
import { kubectl } from "../end-to-end/workingCopy";
import { TEST_TIMEOUT_MS } from "../timeouts";
import {
  awaitRequests,
  awaitRestart,
  exhaustMemory,
  killServer,
  serverContainer,
} from "./containers";
import { assertSeen, follow } from "./runbook";
import { type FaultStack, faultStack, NAMESPACE, settledPods } from "./stack";

const FAILING = "Requests fail for some seconds";
const FOR_MEMORY = "A server is killed for want of memory";

/** How long the model with two pods is watched after a fault, in milliseconds. */
const AFTERMATH = 3_000;
const rest = () => new Promise((resolve) => setTimeout(resolve, AFTERMATH));

describe("pods under traffic", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let stack: FaultStack;

  before(async () => {
    stack = await faultStack();
    await stack.update("1.0.0");
  });

  it("become four and one again without a failed request", async () => {
    await stack.withoutFailure(["mapped"], async () => {
      for (const replicas of [4, 1]) {
        stack.configure("1.0.0", { mapped: { replicas } });
        await stack.copy.up();
        assert.equal((await settledPods("mapped")).length, replicas);
      }
      await rest();
    });
  });

  it("are deleted one by one without a failed request", async () => {
    await stack.withoutFailure(["baked"], async () => {
      for (const pod of await settledPods("baked")) {
        await kubectl("delete", "pod", pod, `--namespace=${NAMESPACE}`, "--wait=false");
        await rest();
        await settledPods("baked", [pod]);
      }
    });
  });

  it("lose a server for want of memory without a failed request, if there are two", async () => {
    const [pod = ""] = await settledPods("baked");
    const before = await serverContainer(pod);
    await stack.withoutFailure(["baked"], async () => {
      await exhaustMemory(pod);
      const { lastState } = await awaitRestart(pod, before);
      assertSeen(FOR_MEMORY, lastState.terminated?.reason ?? "");
      await follow(FOR_MEMORY, stack.copy, { names: { model: "baked" } });
      await rest();
    });
  });

  it("lose a server by kill -9 without a failed request, if there are two", async () => {
    const [, pod = ""] = await settledPods("baked");
    const before = await serverContainer(pod);
    await stack.withoutFailure(["baked"], async () => {
      await killServer(pod);
      const { lastState } = await awaitRestart(pod, before);
      assert.equal(lastState.terminated?.exitCode, 137);
      await rest();
    });
  });

  it("are missed for a moment, if the only server is killed, and no longer with two of them", async () => {
    const [pod = ""] = await settledPods("mapped");
    const before = await serverContainer(pod);
    let failures = 0;
    const traffic = await stack.underLoad(["mapped"], async ({ mapped }) => {
      await killServer(pod);
      await awaitRestart(pod, before);
      await stack.awaitOnly("1.0.0", ["mapped"]);
      failures = mapped?.failures ?? 0;
      await rest();
    });
    assert.equal(traffic.mapped?.failures.length, failures, "requests fail after it is back");
    // Only by not answering: what was answered was right.
    assert.deepEqual(Object.keys(traffic.mapped?.byVersion ?? {}).sort(), ["1.0.0", "undefined"]);
    assertSeen(FAILING, traffic.mapped?.failures.join("\n") ?? "");
    await follow(FAILING, stack.copy, { names: { model: "mapped" } });
    await stack.withoutFailure(["mapped"], async () => {
      const both = await settledPods("mapped");
      await Promise.all(both.map(awaitRequests));
      const [next = ""] = both;
      const then = await serverContainer(next);
      await killServer(next);
      await awaitRestart(next, then);
      await rest();
    });
  });
});
