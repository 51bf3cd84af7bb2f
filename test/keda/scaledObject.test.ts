/** A model with KEDA: no pod while nobody asks, as many as are needed, and some when KEDA is blind. */
import * as assert from "node:assert/strict";
import { awaitPrediction } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { installCustomResources } from "../end-to-end/customResources";
import { goldens, MODEL, modelValues, PlainRelease } from "../end-to-end/plainRelease";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { Demand } from "./demand";
import { Keda } from "./keda";

const release = new PlainRelease("scaled-by-keda");
/** How many requests that wait one pod is enough for. */
const EACH = 10;
const MOST = 3;
const IN_THE_DARK = 2;

describe("a model whose pods KEDA counts", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let keda: Keda | undefined;
  let demand: Demand;
  let values: Record<string, unknown>;

  before(async () => {
    await installCustomResources();
    values = await release.prepare();
    demand = await Demand.start();
    keda = await Keda.start(release.namespace);
    values = {
      ...values,
      keda: {
        enabled: true,
        maxReplicaCount: MOST,
        pollingInterval: 1,
        cooldownPeriod: 5,
        triggers: [demand.trigger(EACH)],
        fallback: { failureThreshold: 3, replicas: IN_THE_DARK },
        // The autoscaler would keep for five minutes what was needed once.
        advanced: {
          horizontalPodAutoscalerConfig: {
            behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
          },
        },
      },
    };
    await release.install(values);
  });
  after(async () => {
    await release.remove();
    await keda?.stop();
    await demand?.stop();
  });

  async function readyPods(): Promise<number> {
    const path = "--output=jsonpath={.status.readyReplicas}/{.spec.replicas}";
    const [ready, wanted] = (await release.kubectl("get", `deployment/${MODEL}`, path)).split("/");
    return Number(ready || 0) === Number(wanted) ? Number(wanted) : Number.NaN;
  }

  async function has(pods: number): Promise<void> {
    const isSo = async () => (await readyPods()) === pods;
    assert.ok(await waitFor(isSo, TIMEOUT_MS), `${await readyPods()} pods\n${keda?.log()}`);
  }

  it("has none while nobody asks", () => has(0));

  it("has one as soon as somebody does, which answers", async () => {
    demand.waiting = 1;
    await has(1);
    await awaitPrediction(release.url, { golden: goldens["1.0.0"] });
  });

  it("has as many as are needed, and no more than are allowed", async () => {
    demand.waiting = 2 * EACH;
    await has(2);
    demand.waiting = 100 * EACH;
    await has(MOST);
  });

  it("has none again after that", async () => {
    demand.waiting = 0;
    await has(0);
  });

  it("sleeps through an update, and wakes up as the new version", async () => {
    await release.upgrade({ ...values, model: modelValues("2.0.0") });
    await has(0);
    demand.waiting = 1;
    await release.awaitOnly("2.0.0");
  });

  it("has some when nobody can tell how many it needs", async () => {
    await demand.stop();
    await has(IN_THE_DARK);
    await awaitPrediction(release.url, { golden: goldens["2.0.0"] });
  });
});
