/** Autoscalers that are switched on and off under a model's pods, by real Helm on a real cluster: no pod goes. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { environment } from "../../local/environment";
import { awaitPrediction } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { installCustomResources } from "./customResources";
import { CHART, goldens, MODEL, PlainRelease, waiting } from "./plainRelease";

const HELMS = { "Helm 3": "helm3", "Helm 4": "helm4" } as const;

for (const [helm, program] of Object.entries(HELMS)) {
  describe(`an autoscaler that is switched on and off by ${helm}`, function () {
    this.timeout(TEST_TIMEOUT_MS);
    stopAtFirstFailure(this);

    const release = new PlainRelease(`chart-switched-scaling-${program}`, MODEL, program);
    const deployment = `deployment/${MODEL}`;
    // Helm 4 has the API server refuse what would change a number that somebody else has set.
    const overridden = program === "helm4" ? ["--force-conflicts"] : [];

    let values: Record<string, unknown>;
    before(async () => {
      await installCustomResources();
      values = { ...(await release.prepare()), replicaCount: 3 };
      await release.install(values);
      await awaitPrediction(release.url, { golden: goldens["1.0.0"] });
    });
    after(() => release.remove());

    const pods = async () =>
      Number(await release.kubectl("get", deployment, "--output=jsonpath={.spec.replicas}"));

    /** The pods there are, once those that had to leave are gone. */
    async function settled(): Promise<string[]> {
      const wanted = await pods();
      const areGone = async () => (await release.pods()).length === wanted;
      assert.ok(await waitFor(areGone, TIMEOUT_MS), (await release.pods()).join());
      return release.pods();
    }

    /** Every number of pods that the Deployment asks for in the meantime, the one before included. */
    async function during(action: () => Promise<unknown>): Promise<number[]> {
      const args = ["get", deployment, `--namespace=${release.namespace}`, "--watch"];
      const watch = spawn("kubectl", [...args, '--output=jsonpath={.spec.replicas}{"\\n"}'], {
        env: { ...process.env, ...environment(true) },
      });
      let said = "";
      watch.stdout.on("data", (chunk) => {
        said += String(chunk);
      });
      try {
        assert.ok(await waitFor(async () => said !== "", TIMEOUT_MS), "the watch says nothing");
        await action();
        // What the watch saw last must be this.
        const mark = `seen=${Date.now()}`;
        const before = said.length;
        await release.kubectl("annotate", deployment, mark, "--overwrite");
        assert.ok(
          await waitFor(async () => said.length > before, TIMEOUT_MS),
          "the watch has ended",
        );
      } finally {
        watch.kill();
      }
      return said.trim().split("\n").map(Number);
    }

    const autoscaling = {
      enabled: true,
      minReplicas: 3,
      maxReplicas: 6,
      // What the test makes of them stays, although nobody asks the model anything.
      behavior: { scaleDown: { selectPolicy: "Disabled" } },
    };
    const keda = {
      enabled: true,
      minReplicaCount: 1,
      triggers: [{ type: "cpu", metricType: "Utilization", metadata: { value: "90" } }],
    };

    it("a HorizontalPodAutoscaler takes over the pods there are", async () => {
      const before = await settled();
      const seen = await during(() => release.upgrade({ ...values, autoscaling }));
      assert.deepEqual([...new Set(seen)], [3]);
      assert.deepEqual(await settled(), before);
    });

    it("keeps in a later upgrade what it has decided", async () => {
      await release.kubectl("scale", deployment, "--replicas=4");
      const seen = await during(() =>
        release.upgrade({ ...values, autoscaling, commonLabels: { team: "risk" } }),
      );
      assert.deepEqual([...new Set(seen)], [4]);
    });

    it("leaves them when it is switched off, until the next upgrade says a number", async () => {
      const off = { ...values, replicaCount: 2 };
      const seen = await during(() => release.upgrade(off));
      assert.deepEqual([...new Set(seen)], [4]);
      if (program === "helm4") {
        await assert.rejects(release.upgrade(off), /conflict with "kubectl".*\.spec\.replicas/s);
        assert.equal(await pods(), 4);
      }
      await release.helm(["upgrade", release.name, CHART, ...waiting, ...overridden], off);
      assert.equal(await pods(), 2);
    });

    it("KEDA takes over the pods there are, and leaves them", async () => {
      const before = await settled();
      const on = await during(() => release.upgrade({ ...values, replicaCount: 2, keda }));
      assert.deepEqual([...new Set(on)], [2]);
      const off = await during(() => release.upgrade({ ...values, replicaCount: 1 }));
      assert.deepEqual([...new Set(off)], [2]);
      assert.deepEqual(await settled(), before);
    });

    it("begins with as many as it wants at least, where there were fewer", async () => {
      const seen = await during(() => release.upgrade({ ...values, autoscaling }));
      assert.deepEqual([...new Set(seen)], [2, 3]);
    });

    it("is not said a number when it is there from the beginning, so that a rollback takes no pods", async () => {
      await release.helm(["uninstall", release.name, "--wait"]);
      const few = { ...autoscaling, minReplicas: 1 };
      await release.install({ ...values, autoscaling: few });
      await release.upgrade({ ...values, autoscaling: few, commonLabels: { team: "risk" } });
      await release.kubectl("scale", deployment, "--replicas=3");
      const seen = await during(() => release.helm(["rollback", release.name, "1"]));
      assert.deepEqual([...new Set(seen)], [3]);
    });
  });
}
