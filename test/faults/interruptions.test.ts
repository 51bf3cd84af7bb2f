/** Updates that are killed, interrupted or started twice: the models go on, the runbook repairs. */
import * as assert from "node:assert/strict";
import { waitFor } from "../../shared/run";
import { kubectl, STACK } from "../end-to-end/workingCopy";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { random, SEED } from "./random";
import { HELD, LOCKED, NOTED, recover } from "./recover";
import { assertSeen } from "./runbook";
import { RunningUpdate } from "./runningUpdate";
import { SlowAdmission } from "./slowAdmission";
import { type FaultStack, faultStack, MODELS, NAMESPACE, releases, type Version } from "./stack";

/** Updates that are killed: one by default, 20 in the long form. */
const KILLS = Number(process.env.ROUNDS ?? 1);

/** Who is killed. */
const VICTIMS = ["everything", "the providers", "pulumi alone"] as const;

describe(`updates that are interrupted (SEED=${SEED})`, function () {
  this.timeout(TEST_TIMEOUT_MS);

  const chance = random();
  let stack: FaultStack;
  let deployed: Version = "1.0.0";
  /** Milliseconds of an update that nobody interrupts. */
  let duration: number;

  before(async () => {
    stack = await faultStack();
    await stack.update("2.0.0");
    const start = Date.now();
    stack.configure("1.0.0");
    await stack.copy.up();
    duration = Date.now() - start;
    await stack.awaitOnly("1.0.0");
  });

  const other = (): Version => (deployed === "1.0.0" ? "2.0.0" : "1.0.0");

  /** The stack and the cluster agree, and nothing is left of what was interrupted. */
  async function isWhole(version: Version): Promise<void> {
    await stack.awaitOnly(version);
    await stack.expectNoChanges();
    await stack.copy.pulumi("refresh", "--yes", "--skip-preview", "--stack", STACK);
    await stack.expectNoChanges();
    const exported = JSON.parse(await stack.copy.pulumi("stack", "export", "--stack", STACK)) as {
      deployment: { pending_operations?: unknown[] };
    };
    assert.deepEqual(exported.deployment.pending_operations ?? [], []);
    const all = MODELS.map((name) => [name, "deployed"]);
    assert.deepEqual(await releases(), Object.fromEntries(all));
    // One Deployment, Service and Ingress for each model, and one model in a ConfigMap.
    const kinds = "deployments,services,ingresses,configmaps";
    const found = await kubectl("get", kinds, `--namespace=${NAMESPACE}`, "--output=name");
    const names = found.trim().split("\n");
    const maps = names.filter((name) => /^configmap\/mapped-model-/.test(name));
    assert.equal(maps.length, 1, maps.join());
    const others = names.filter((name) => !name.startsWith("configmap/"));
    assert.equal(others.length, 3 * MODELS.length, others.join());
  }

  /**
   * Lets no pod be made while the work goes on, so that Helm has to wait for one; told by a function
   * that waits until it does.
   */
  async function whilePodsAreHeld<T>(
    work: (areHeld: (update: RunningUpdate) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const admission = await SlowAdmission.start("pods");
    try {
      return await work(async (update) => {
        assert.ok(await waitFor(async () => admission.holds || update.hasEnded, TIMEOUT_MS, 50));
        assert.ok(!update.hasEnded, update.printed);
      });
    } finally {
      await admission.stop();
    }
  }

  for (let round = 1; round <= KILLS; round += 1) {
    it(`go on after a kill -9 at a random moment, ${round}`, async () => {
      const victim = VICTIMS[(round - 1) % VICTIMS.length];
      const moment = Math.round(chance() * duration);
      process.stdout.write(`      ${victim} after ${moment} ms of ${duration}\n`);
      const target = other();
      await stack.withoutFailure(MODELS, async () => {
        stack.configure(target);
        const update = new RunningUpdate(stack.copy);
        await new Promise((resolve) => setTimeout(resolve, moment));
        if (victim === "everything") {
          await update.killAll();
        } else if (victim === "the providers") {
          update.killProviders();
        } else {
          await update.killPulumi();
        }
        await update.ended;
        const followed = await recover(stack.copy);
        process.stdout.write(`      repaired by: ${followed.join(", ") || "pulumi up"}\n`);
        await isWhole(target);
      });
      deployed = target;
    });
  }

  it("go on after the very first update of a model was killed", async () => {
    const fresh = { tag: deployed, source: stack.sourceOf("mapped") };
    await stack.withoutFailure(MODELS, async () => {
      stack.configure(deployed, {}, undefined, { fresh });
      await whilePodsAreHeld(async (areHeld) => {
        const update = new RunningUpdate(stack.copy);
        await areHeld(update);
        assert.equal((await releases()).fresh, "pending-install");
        await update.killAll();
      });
      const followed = await recover(stack.copy);
      process.stdout.write(`      repaired by: ${followed.join(", ")}\n`);
      assert.ok(followed.includes(HELD), followed.join());
      assert.equal((await releases()).fresh, "deployed");
      stack.configure(deployed);
      await stack.copy.up();
      await isWhole(deployed);
    });
  });

  it("go on after an update was killed that had begun to make something", async () => {
    const target = other();
    await stack.withoutFailure(MODELS, async () => {
      stack.configure(target);
      const admission = await SlowAdmission.start("configmaps");
      try {
        const update = new RunningUpdate(stack.copy);
        const hasBegun = async () => admission.holds || update.hasEnded;
        assert.ok(await waitFor(hasBegun, TIMEOUT_MS, 50));
        await update.killAll();
      } finally {
        await admission.stop();
      }
      const followed = await recover(stack.copy);
      process.stdout.write(`      repaired by: ${followed.join(", ")}\n`);
      assert.ok(followed.includes(NOTED), followed.join());
      await isWhole(target);
    });
    deployed = target;
  });

  it("end by Ctrl-C, and the next one finishes the work", async () => {
    const target = other();
    await stack.withoutFailure(MODELS, async () => {
      stack.configure(target);
      await whilePodsAreHeld(async (areHeld) => {
        const update = new RunningUpdate(stack.copy);
        await areHeld(update);
        assert.ok(Object.values(await releases()).includes("pending-upgrade"));
        update.interrupt();
        const { code, printed } = await update.ended;
        assert.notEqual(code, 0, printed);
      });
      process.stdout.write(
        `      repaired by: ${(await recover(stack.copy)).join(", ") || "pulumi up"}\n`,
      );
      await isWhole(target);
    });
    deployed = target;
  });

  it("wait for each other, if there are two: the second one is told", async () => {
    const target = other();
    await stack.withoutFailure(MODELS, async () => {
      stack.configure(target);
      const first = await whilePodsAreHeld(async (areHeld) => {
        const update = new RunningUpdate(stack.copy);
        await areHeld(update);
        assertSeen(LOCKED, await stack.copy.failingUp());
        return update;
      });
      const { code, printed } = await first.ended;
      assert.equal(code, 0, printed);
      await isWhole(target);
    });
    deployed = target;
  });
});
