/** More pods under load and fewer after it, by the real autoscaler and metrics, without a failed request. */
import * as assert from "node:assert/strict";
import { awaitPrediction } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { goldens, MODEL, PlainRelease } from "./plainRelease";
import { duringTraffic } from "./traffic";

const release = new PlainRelease("chart-autoscaling");

describe("a model whose pods are as many as it needs", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  before(async () => {
    const quickly = { stabilizationWindowSeconds: 0 };
    await release.install({
      ...(await release.prepare()),
      // A target that idle servers stay below and a few requests are above, on a machine of any speed.
      resources: { requests: { cpu: "40m" } },
      autoscaling: {
        enabled: true,
        minReplicas: 1,
        maxReplicas: 3,
        targetCPUUtilizationPercentage: 60,
        behavior: { scaleUp: quickly, scaleDown: quickly },
      },
    });
    await awaitPrediction(release.url, { golden: goldens["1.0.0"] });
  });
  after(() => release.remove());

  /** Pods that get requests. */
  async function readyPods(): Promise<number> {
    const { status } = JSON.parse(
      await release.kubectl("get", `deployment/${MODEL}`, "--output=json"),
    ) as { status: { readyReplicas?: number } };
    return status.readyReplicas ?? 0;
  }

  async function autoscaler(): Promise<string> {
    return release.kubectl("describe", `horizontalpodautoscaler/${MODEL}`);
  }

  it("begins with the fewest", async () => {
    assert.equal(await readyPods(), 1);
  });

  it("gets more under load, without a failed request", async () => {
    const traffic = await duringTraffic(
      release.url,
      goldens,
      async () => {
        const hasMore = async () => (await readyPods()) > 1;
        assert.ok(await waitFor(hasMore, TIMEOUT_MS, 1000), await autoscaler());
      },
      // By its most requests the load ends no sooner than the timeout.
      { clients: 4, pause: 10 },
    );
    assert.deepEqual(traffic.failures, []);
  });

  it("goes back to the fewest after it, without a failed request", async () => {
    const traffic = await duringTraffic(
      release.url,
      goldens,
      async () => {
        const isOne = async () => (await release.pods()).length === 1;
        assert.ok(await waitFor(isOne, TIMEOUT_MS, 1000), await autoscaler());
      },
      { clients: 1, pause: 500 },
    );
    assert.deepEqual(traffic.failures, []);
    assert.ok(traffic.total > 0);
  });
});
