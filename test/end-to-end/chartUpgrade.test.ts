/** From the last released chart to this one, with a model that answers all the while. */
import * as assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { readChart } from "../../components/release/chart";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { checkOut, isInHistory, releases } from "../releasedChart";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { CHART, goldens, modelValues, PlainRelease, sha256OfModel, waiting } from "./plainRelease";
import { duringTraffic } from "./traffic";

const release = new PlainRelease("chart-upgrade");
const [last] = releases;

describe("an upgrade of the chart under a running model", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let released: string;
  let values: Record<string, unknown>;
  let pods: string[];
  // Without the port for probes and metrics, which an image of before lacks.
  const asBefore = { server: { managementPort: 0 } };

  before(async function () {
    // Only a full clone holds the released chart.
    if (last === undefined || !isInHistory(last)) {
      return this.skip();
    }
    released = checkOut(last);
    values = {
      ...(await release.prepare()),
      replicaCount: 2,
      podDisruptionBudget: { enabled: true },
    };
  });
  after(async () => {
    if (released !== undefined) {
      rmSync(dirname(released), { recursive: true });
    }
    await release.remove();
  });

  it(`begins with the chart ${last?.version}`, async () => {
    await release.install(values, released);
    await awaitPrediction(release.url, {
      golden: goldens["1.0.0"],
      sha256: sha256OfModel("1.0.0"),
    });
    pods = await release.pods();
    assert.equal(pods.length, 2);
  });

  it("takes the same values, loses no request and restarts no pod", async () => {
    const traffic = await duringTraffic(release.url, goldens, () =>
      release.upgrade({ ...values, ...asBefore }),
    );
    assert.deepEqual(traffic.failures, []);
    assert.deepEqual(await release.pods(), pods);
    const [{ chart }] = JSON.parse(await release.helm(["list", "--output=json"]));
    assert.equal(chart, `model-serving-${readChart(CHART).version}`);
  });

  it("goes back to the old chart without a failed request", async () => {
    const traffic = await duringTraffic(release.url, goldens, () =>
      release.helm(["rollback", release.name, "1", ...waiting]),
    );
    assert.deepEqual(traffic.failures, []);
    assert.deepEqual(await release.pods(), pods);
  });

  it("takes the port for probes and metrics without a failed request", async () => {
    const traffic = await duringTraffic(release.url, goldens, () => release.upgrade(values));
    assert.deepEqual(traffic.failures, []);
    // The old ones are leaving when Helm has ended.
    const areGone = async () => !(await release.pods()).some((pod) => pods.includes(pod));
    assert.ok(await waitFor(areGone, TIMEOUT_MS), (await release.pods()).join());
  });

  it("takes the values the release has, and a new model in the same step", async () => {
    const traffic = await duringTraffic(release.url, goldens, async () => {
      const args = ["upgrade", release.name, CHART, "--reset-then-reuse-values", ...waiting];
      await release.helm(args, { model: modelValues("2.0.0") });
      await release.awaitOnly("2.0.0");
    });
    assert.deepEqual(traffic.failures, []);
    await checkPrediction(release.url, {
      golden: goldens["2.0.0"],
      sha256: sha256OfModel("2.0.0"),
    });
  });
});
