/** Updates that cannot succeed: rolled back by themselves, with the reason, the old models go on. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import type { Behaviour } from "../end-to-end/webServer";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { buildImage } from "./images";
import { assertSeen, follow } from "./runbook";
import { type FaultStack, faultStack, MODELS, releases } from "./stack";

/** In seconds; several times as long as pods take to start and to fail. */
const RELEASE_TIMEOUT = 60;
/** For all attempts of a download that cannot succeed. */
const DOWNLOAD_TIMEOUT = 10;
const LATE = `not finished within ${DOWNLOAD_TIMEOUT} s`;

const CANNOT_START = "A pod says why it cannot start";
const NOT_READY = "A pod is not ready";

const ABSENT = `sha256:${"0".repeat(64)}`;

describe("updates that cannot succeed", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let stack: FaultStack;
  let crashing: string;
  let silent: string;

  before(async () => {
    stack = await faultStack();
    await stack.update("1.0.0");
    crashing = await buildImage("crashing", "raise SystemExit('no model for you')");
    silent = await buildImage("silent", "import time; time.sleep(3600)");
    // A model whose golden requests it does not answer.
    const folder = stack.copy.path("models/breast-cancer/1.0.1");
    fs.cpSync(stack.copy.path("models/breast-cancer/1.0.0"), folder, { recursive: true });
    const golden = stack.golden("1.0.0");
    golden.predictions[3] = 1 - Number(golden.predictions[3]);
    fs.writeFileSync(
      stack.copy.path("models/breast-cancer/1.0.1/golden.json"),
      JSON.stringify(golden),
    );
  });

  /** Rolled back, and the next update with the good configuration has nothing to repair. */
  async function isAsBefore(): Promise<void> {
    const all = MODELS.map((name) => [name, "deployed"]);
    assert.deepEqual(await releases(), Object.fromEntries(all));
    stack.configure("1.0.0");
    await follow(CANNOT_START, stack.copy);
    await stack.awaitOnly("1.0.0");
    await stack.expectNoChanges();
  }

  it("are rolled back: an absent image, failed golden requests, a server that says nothing, another sha256", async () => {
    stack.configure(
      "1.0.0",
      {
        baked: { image: { digest: ABSENT } },
        mapped: { tag: "1.0.1" },
        mounted: { image: { digest: silent, repository: "silent" } },
        downloaded: { sha256: "0".repeat(64) },
      },
      { timeout: RELEASE_TIMEOUT },
    );
    const printed = await stack.failingUp("rolled-back-1");
    assertSeen(NOT_READY, printed);
    assertSeen(CANNOT_START, printed);
    const reasons = [
      /container server of pod baked-\S+: the image \S+ cannot be pulled: .*not found/,
      /container server of pod mapped-\S+ ended with exit code 1:\s+.*row 3: prediction is \d, expected \d/,
      /container fetch-model of pod downloaded-\S+ ended with exit code 1:\s+.*sha256/,
      /pod mounted-\S+ is not ready/,
    ];
    for (const reason of reasons) {
      assert.match(printed, reason);
    }
    // What is not deployed yet is a change still.
    const changes = await stack.copy.previewChanges();
    assert.equal(changes["kubernetes:helm.sh/v3:Release"], "update");
    await isAsBefore();
  });

  it("are rolled back: an image that crashes, downloads that break off, stop, crawl or lie", async () => {
    const from = (behaviour: Behaviour) => ({
      uri: {
        location: `${stack.web.url(behaviour)}/breast-cancer/{tag}/model.pkl`,
        timeoutSeconds: DOWNLOAD_TIMEOUT,
      },
    });
    const fresh = (behaviour: Behaviour) => ({
      tag: "1.0.0",
      sha256: stack.sha256("1.0.0"),
      source: from(behaviour),
    });
    stack.configure(
      "1.0.0",
      {
        mounted: { image: { digest: crashing, repository: "crashing" } },
        downloaded: { source: from("breaks") },
      },
      { timeout: RELEASE_TIMEOUT },
      { stopped: fresh("silent"), crawling: fresh("slow"), lying: fresh("lies") },
    );
    const printed = await stack.failingUp("rolled-back-2");
    assert.match(printed, /pod mounted-\S+ ended with exit code 1:\s+no model for you/);
    const fetching = (model: string, reason: string) =>
      new RegExp(`fetch-model of pod ${model}-\\S+ ended with exit code 1:\\s+.*${reason}`);
    assert.match(printed, fetching("downloaded", LATE));
    assert.match(printed, fetching("stopped", LATE));
    assert.match(printed, fetching("crawling", LATE));
    assert.match(printed, fetching("lying", "sha256"));
    await isAsBefore();
  });
});
