/** Updates of models under traffic, back and forth, by each source. */
import * as assert from "node:assert/strict";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { type FaultStack, faultStack, MODELS, releases, type Version } from "./stack";

/** Updates to the new model and back: one by default, 20 in the long form. */
const ROUNDS = Number(process.env.ROUNDS ?? 1);

describe(`models by each source, updated under traffic, ${ROUNDS} × there and back`, function () {
  this.timeout(TEST_TIMEOUT_MS);

  let stack: FaultStack;

  before(async () => {
    stack = await faultStack();
    await stack.update("1.0.0");
  });

  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const version of ["2.0.0", "1.0.0"] as Version[]) {
      it(`lose no request: to ${version}, round ${round}`, async () => {
        const traffic = await stack.withoutFailure(MODELS, () => stack.update(version));
        for (const model of MODELS) {
          const { byVersion } = traffic[model] ?? { byVersion: {} };
          assert.deepEqual(Object.keys(byVersion).sort(), ["1.0.0", "2.0.0"], model);
        }
      });
    }
  }

  it("answered right to the last: only the version that the stack names", async () => {
    const traffic = await stack.withoutFailure(MODELS, () => stack.awaitOnly("1.0.0"));
    for (const model of MODELS) {
      assert.deepEqual(Object.keys(traffic[model]?.byVersion ?? {}), ["1.0.0"], model);
    }
    assert.deepEqual(
      await releases(),
      Object.fromEntries(MODELS.map((name) => [name, "deployed"])),
    );
    await stack.expectNoChanges();
  });

  it("were downloaded by requests that went on where the connection broke off", () => {
    const resumed = stack.web.requests.filter(({ range }) => range !== undefined);
    assert.ok(resumed.some(({ path }) => path.endsWith("/2.0.0/model.pkl")));
    assert.ok(resumed.every(({ range }) => /^bytes=[1-9]\d*-$/.test(range ?? "")));
  });
});
