/** Two versions of a model behind a gateway: shares by the weights of the HTTPRoute, promotion, abort. */
import * as assert from "node:assert/strict";
import { awaitPrediction, checkPrediction, post } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { installCustomResources } from "../end-to-end/customResources";
import { goldens, modelValues, PlainRelease } from "../end-to-end/plainRelease";
import { answersByVersion, isShare } from "../end-to-end/shares";
import { duringTraffic } from "../end-to-end/traffic";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { GATEWAY, Traefik } from "./traefik";

const release = new PlainRelease("http-route");
const SAMPLE = 1000;
const WEIGHT = 30;

describe("a model behind a gateway", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let traefik: Traefik;
  let url: string;
  let stable: Record<string, unknown>;
  const canary = { enabled: true, weight: WEIGHT, model: modelValues("2.0.0") };

  before(async () => {
    await installCustomResources();
    const { ingress, ...values } = await release.prepare();
    traefik = await Traefik.start(release.namespace);
    url = `http://${release.host}:${traefik.port}/`;
    const parentRefs = [{ name: GATEWAY, sectionName: "http" }];
    stable = {
      ...values,
      httpRoute: { enabled: true, parentRefs, hostnames: [release.host] },
    };
    await release.install(stable);
  });
  after(async () => {
    await traefik?.stop();
    await release.remove();
  });

  const ask = (url: string) => post(`${url}predict`, { features: goldens["1.0.0"].features[0] });

  /** Runs the canary, and asks whether the requests are shared as the weights say. */
  async function isShared(): Promise<void> {
    await release.upgrade({ ...stable, canary });
    const isKnown = async () => (await ask(url)).headers["x-model-version"] === "2.0.0";
    assert.ok(await waitFor(isKnown, TIMEOUT_MS, 50), traefik.log());
    const counts = await answersByVersion(url, goldens, SAMPLE);
    process.stdout.write(`      ${JSON.stringify(counts)}\n`);
    const ofCanary = counts["2.0.0"] ?? 0;
    assert.ok(isShare(ofCanary, WEIGHT / 100, SAMPLE), `${ofCanary} of ${SAMPLE}`);
  }

  it("answers by its host name, and by no other", async () => {
    await awaitPrediction(url, { golden: goldens["1.0.0"] });
    assert.equal((await ask(`http://other.localhost:${traefik.port}/`)).status, 404);
  });

  it("shares the requests with a canary by the route's weights", isShared);

  it("goes on alone when the canary is aborted, without a failed request", async () => {
    const traffic = await duringTraffic(url, goldens, async () => {
      await release.upgrade(stable);
      await release.awaitOnly("1.0.0", url);
    });
    assert.deepEqual(traffic.failures, []);
  });

  it("is replaced by a canary that is promoted, without a failed request", async () => {
    await isShared();
    const traffic = await duringTraffic(url, goldens, async () => {
      await release.upgrade({ ...stable, model: modelValues("2.0.0") });
      await release.awaitOnly("2.0.0", url);
    });
    assert.deepEqual(traffic.failures, []);
    await checkPrediction(url, { golden: goldens["2.0.0"] });
  });
});
