/** A model whose features come from a feature store: a real Feast that answers, refuses, dies and comes back. */
import * as assert from "node:assert/strict";
import * as path from "node:path";
import { NODE_IP } from "../../local/settings";
import { type Answer, awaitPrediction, checkPrediction, post } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { sha256Of } from "../sha256Of";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { Feast, WINES, wines } from "./feast";
import { PlainRelease } from "./plainRelease";

const release = new PlainRelease("chart-feature-store", "wine");
const TOKEN = "a-token-of-the-tests";
/** Seconds for which Feast is left alone after some failures. */
const PAUSE = 2;

describe("a model with features from Feast", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let feast: Feast;
  let values: Record<string, unknown>;
  let featureStore: Record<string, unknown>;

  before(async () => {
    const [prepared, started] = await Promise.all([release.prepare(), Feast.start()]);
    feast = started;
    await feast.behave({ token: TOKEN });
    const model = path.join(WINES, "model.pkl");
    await release.kubectl("create", "configmap", "wine", `--from-file=${model}`);
    await release.kubectl("create", "secret", "generic", "feast", `--from-literal=token=${TOKEN}`);
    featureStore = feast.values({
      timeoutSeconds: 15,
      auth: { existingSecret: "feast" },
      breakerFailures: 3,
      breakerPauseSeconds: PAUSE,
    });
    values = {
      ...prepared,
      model: {
        version: "1.0.0",
        sha256: sha256Of(model),
        source: "configMap",
        configMap: { name: "wine", key: "model.pkl" },
      },
      networkPolicy: { enabled: true },
      featureStore,
    };
    await release.install(values);
    await awaitPrediction(release.url, { golden: wines });
  });
  after(async () => {
    await feast?.stop();
    await release.remove();
  });

  const ask = (body: object) => post(`${release.url}predict`, body, TIMEOUT_MS);
  const askAbout = (wine: number | number[]) => ask({ entities: { wine_id: wine } });
  const read = ({ body }: Answer) => JSON.parse(body) as Record<string, unknown>;
  const ids = wines.predictions.map((_, i) => i + 1);

  /** Each pod with how often its server has been started anew. */
  async function pods(): Promise<string> {
    const columns = "custom-columns=:metadata.name,:status.containerStatuses[0].restartCount";
    return release.kubectl("get", "pods", "--no-headers", `--output=${columns}`);
  }

  /** Feast is back, and so are predictions, from the pods that were there before. */
  async function recovers(before: string): Promise<void> {
    await feast.do("start");
    const isBack = async () => {
      const answer = await askAbout(2);
      return answer.status === 200 && !("defaulted" in read(answer));
    };
    assert.ok(await waitFor(isBack, TIMEOUT_MS), (await askAbout(2)).body);
    assert.equal(read(await askAbout(2)).prediction, wines.predictions[1]);
    assert.equal(await pods(), before);
  }

  it("predicts by entity what plain XGBoost predicts from its features, and as by features", async () => {
    const byEntity = await askAbout(ids);
    assert.deepEqual(read(byEntity), { predictions: wines.predictions });
    const byFeatures = await ask({ instances: wines.features });
    assert.equal(byFeatures.body, byEntity.body);
    for (const id of [1, 3, ids.length]) {
      assert.deepEqual(read(await askAbout(id)), { prediction: wines.predictions[id - 1] });
    }
  });

  it("names an entity that Feast does not know", async () => {
    const answer = await askAbout([1, 4711]);
    assert.equal(answer.status, 422);
    assert.deepEqual(read(answer), {
      error: "the feature store has no alcohol for wine_id=4711",
      code: "unknown_entity",
      field: "entities.wine_id[1]",
    });
  });

  it("brings the token of the Secret, and tells when it is refused", async () => {
    await feast.behave({ token: "another" });
    const answer = await askAbout(1);
    assert.equal(answer.status, 502);
    assert.equal(read(answer).code, "feature_store_failed");
    assert.match(answer.body, /status 401/);
    await feast.behave({ token: TOKEN });
    assert.equal((await askAbout(1)).status, 200);
  });

  it("may reach Feast and the cluster's names, and nothing else", async () => {
    const { spec } = JSON.parse(
      await release.kubectl("get", "networkpolicy/wine", "--output=json"),
    ) as { spec: { egress: { to?: unknown[]; ports: unknown[] }[] } };
    const { port } = new URL(feast.url);
    const tcp = { port: Number(port), protocol: "TCP" };
    const [names, ...others] = spec.egress;
    assert.deepEqual(others, [{ ports: [tcp], to: [{ ipBlock: { cidr: `${NODE_IP}/32` } }] }]);
    assert.deepEqual(
      names?.ports,
      ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol })),
    );
    // The cluster's own DNS, not everybody's port 53.
    assert.equal(names?.to?.length, 2);
  });

  it("refuses while Feast is dead, serves on those who bring features, and recovers by itself", async () => {
    const before = await pods();
    await feast.do("kill");
    const refused = await askAbout(1);
    assert.equal(refused.status, 503);
    assert.deepEqual(read(refused), {
      error: "the feature store cannot be reached (connection refused)",
      code: "feature_store_unavailable",
      field: "entities",
    });
    let paused = refused;
    const isPaused = async () => {
      paused = await askAbout(1);
      return read(paused).code === "feature_store_paused";
    };
    assert.ok(await waitFor(isPaused, TIMEOUT_MS, 0), paused.body);
    assert.equal(paused.status, 503);
    assert.match(String(paused.headers["retry-after"]), /^[12]$/);
    await checkPrediction(release.url, { golden: wines });
    await recovers(before);
  });

  it("predicts from defaults instead if it is told so, and says so", async () => {
    await release.upgrade({
      ...values,
      featureStore: { ...featureStore, onFailure: "defaults", defaults: feast.defaults },
    });
    const isReplaced = async () => (await pods()).trim().split("\n").length === 1;
    assert.ok(await waitFor(isReplaced, TIMEOUT_MS), await pods());
    const before = await pods();
    assert.deepEqual(read(await askAbout(2)), { prediction: wines.predictions[1] });
    await feast.do("kill");
    // More often than the breaker takes to open.
    for (let i = 0; i < 5; i += 1) {
      const answer = await askAbout([2, 3]);
      assert.equal(answer.status, 200);
      const [prediction] = wines.predictions;
      const predictions = [prediction, prediction];
      assert.deepEqual(read(answer), { predictions, defaulted: [true, true] });
    }
    await recovers(before);
  });
});
