/** A feature store that is dead, mute, slow, failing or lying, while a model answers that gets its features there. */
import * as assert from "node:assert/strict";
import { type Answer, awaitPrediction, post } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { Feast, wines } from "../end-to-end/feast";
import { duringTraffic } from "../end-to-end/traffic";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { assertSeen, follow } from "./runbook";
import { type FaultStack, faultStack, NAMESPACE, podsOf, settledPods } from "./stack";

const ENTRY = "The feature store does not answer as it should";
const URL = `http://fed.${NAMESPACE}.localhost:8080/`;

describe("the feature store of a model", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let stack: FaultStack;
  let feast: Feast;
  /** Every refusal of this run. */
  const refusals: string[] = [];

  before(async () => {
    stack = await faultStack();
    feast = await Feast.start();
    const fed = {
      tag: "1.0.0",
      source: { configMap: { path: "models/wine/{tag}/model.pkl" } },
      values: {
        featureStore: feast.values({
          timeoutSeconds: 3,
          breakerFailures: 3,
          breakerPauseSeconds: 1,
          onMissing: "defaults",
          defaults: feast.defaults,
        }),
      },
    };
    stack.configure("1.0.0", {}, undefined, { fed });
    await stack.copy.up();
    await awaitPrediction(URL, { golden: wines });
    await isRight();
  });

  after(async () => {
    await feast?.stop();
    stack.configure("1.0.0");
    await stack.copy.up();
  });

  const askAbout = (wine: number) => post(`${URL}predict`, { entities: { wine_id: wine } });
  const read = ({ body }: Answer) => JSON.parse(body) as Record<string, unknown>;

  /** The store is as it should be, and predictions by entity are right again. */
  async function isRight(): Promise<void> {
    const answers = async () => (await askAbout(1)).status === 200;
    assert.ok(await waitFor(answers, TIMEOUT_MS, 100), (await askAbout(1)).body);
    for (const id of [2, 3]) {
      assert.deepEqual(read(await askAbout(id)), { prediction: wines.predictions[id - 1] });
    }
  }

  /** Asks until a refusal has this code; whatever is answered before is right, or a refusal as well. */
  async function isRefused(code: string, status: number): Promise<void> {
    let answer: Answer | undefined;
    const isIt = async () => {
      answer = await askAbout(2);
      if (answer.status === 200) {
        assert.deepEqual(read(answer), { prediction: wines.predictions[1] });
        return false;
      }
      refusals.push(answer.body);
      return read(answer).code === code;
    };
    assert.ok(await waitFor(isIt, TIMEOUT_MS, 20), answer?.body);
    assert.equal(answer?.status, status, answer?.body);
  }

  /** While the store is in trouble, who brings features must not notice, and no pod may be replaced. */
  async function survives(trouble: () => Promise<unknown>, end: () => Promise<void>) {
    const before = await settledPods("fed");
    const traffic = await duringTraffic(URL, { "1.0.0": wines }, async () => {
      try {
        await trouble();
      } finally {
        await end();
      }
      await isRight();
    });
    assert.deepEqual(traffic.failures, []);
    assert.ok(traffic.total > 0);
    assert.deepEqual(await podsOf("fed"), before);
  }
  const isGood = () => feast.behave({});

  it("may be dead", () =>
    survives(
      async () => {
        await feast.do("kill");
        await isRefused("feature_store_unavailable", 503);
        await isRefused("feature_store_paused", 503);
      },
      () => feast.do("start"),
    ));

  it("may accept questions and say nothing", () =>
    survives(
      async () => {
        await feast.do("halt");
        await isRefused("feature_store_timeout", 504);
        await isRefused("feature_store_paused", 503);
      },
      () => feast.do("go_on"),
    ));

  it("may be slow", () =>
    survives(async () => {
      await feast.behave({ delay: 10 });
      await isRefused("feature_store_timeout", 504);
      await isRefused("feature_store_paused", 503);
    }, isGood));

  it("may fail", () =>
    survives(async () => {
      await feast.behave({ status: 503 });
      await isRefused("feature_store_failed", 502);
      await isRefused("feature_store_paused", 503);
    }, isGood));

  it("may dislike questions, for which it is not left alone", () =>
    survives(async () => {
      await feast.behave({ status: 500 });
      await isRefused("feature_store_failed", 502);
      // Many more than by which one that is ill is left alone.
      for (let asked = 0; asked < 30; asked++) {
        const answer = await askAbout(2);
        assert.equal(read(answer).code, "feature_store_failed", answer.body);
      }
    }, isGood));

  it("may answer with the features of somebody else", () =>
    survives(async () => {
      await feast.behave({ change: "other_entities" });
      await isRefused("feature_store_invalid", 502);
    }, isGood));

  it("is done without, if the runbook is followed", async () => {
    await feast.do("kill");
    try {
      await isRefused("feature_store_unavailable", 503);
      assertSeen(ENTRY, refusals.join("\n"));
      await follow(ENTRY, stack.copy, { names: { model: "fed" } });
      let answer: Record<string, unknown> = {};
      // A pod of before may still answer the first ones.
      const isDefaulted = async () => {
        answer = read(await askAbout(2));
        return answer.defaulted === true;
      };
      assert.ok(await waitFor(isDefaulted, TIMEOUT_MS), JSON.stringify(answer));
      assert.equal(answer.prediction, wines.predictions[0]);
    } finally {
      await feast.do("start");
    }
    const isBack = async () => !("defaulted" in read(await askAbout(2)));
    assert.ok(await waitFor(isBack, TIMEOUT_MS), (await askAbout(2)).body);
    await isRight();
  });
});
