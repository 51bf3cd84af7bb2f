/** What an update says of pods that do not get ready, whose logs are gone when Helm has rolled back. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { awaitPrediction } from "../../shared/predict";
import { tryRun } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { createNamespace, STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "failure-reports";
const NOWHERE = { httpGet: { path: "/nowhere", port: "http" }, periodSeconds: 1 };

/** Each broken in a way of its own, and what must be told of it. */
const broken: Record<string, { settings: object; told: RegExp }> = {
  "no-image": {
    settings: { image: { digest: `sha256:${"0".repeat(64)}` } },
    told: /container server of pod no-image-\S+: the image localhost:5001\/failure-reports\/model-server@sha256:0{64} cannot be pulled: not found/,
  },
  crashing: {
    settings: { values: { env: [{ name: "MODEL_SERVER_NOTHING", value: "none" }] } },
    told: /container server of pod crashing-\S+ ended with exit code [1-9]\d*:\n.*unknown setting MODEL_SERVER_NOTHING/,
  },
  "wrong-golden": {
    settings: { tag: "4.0.0" },
    told: /container server of pod wrong-golden-\S+ ended with exit code 1:\n.*golden\.json: row 3: prediction is \d\S*, expected \d\S* \(differs by 1, tolerance/,
  },
  "too-large": {
    settings: { resources: { limits: { memory: "4Gi" } } },
    told: /no pod can be made for too-large-\S+: forbidden: maximum memory usage per Container is 2Gi, but limit is 4Gi/,
  },
  "too-greedy": {
    settings: { resources: { requests: { cpu: "900" }, limits: { cpu: "900" } } },
    told: /no node takes pod too-greedy-\S+: 0\/1 nodes are available: 1 Insufficient cpu$/m,
  },
  "never-ready": {
    settings: { values: { probes: { startup: { ...NOWHERE, failureThreshold: 200 } } } },
    told: /pod never-ready-\S+ is not ready: container server runs: Startup probe failed: .*404/,
  },
};

describe("an update whose pods do not get ready", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    await createNamespace(NAMESPACE);
    const limits = {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "most", namespace: NAMESPACE },
      spec: { limits: [{ type: "Container", max: { memory: "2Gi" } }] },
    };
    const input = JSON.stringify(limits);
    const applied = await tryRun("kubectl", ["apply", "--filename=-"], { env: copy.env, input });
    assert.equal(applied.code, 0, applied.stderr);
    // One model file for all: what is told apart is how they fail.
    const folder = copy.path("models/breast-cancer/4.0.0");
    fs.cpSync(copy.path("models/breast-cancer/1.0.0"), folder, { recursive: true });
    const golden = copy.golden("1.0.0");
    golden.predictions[3] = 1 - Number(golden.predictions[3]);
    fs.writeFileSync(path.join(folder, "golden.json"), JSON.stringify(golden));
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:createNamespace": false,
      "model-deployment:source": { configMap: { path: "models/breast-cancer/{tag}/model.pkl" } },
      "model-deployment:models": { healthy: { tag: "1.0.0" } },
    }));
  });

  after(async () => {
    await copy?.removeWithStack();
  });

  let output: string;

  it("fails with Helm's error, and with nothing to say of pods that are well", async () => {
    assert.doesNotMatch(await copy.up(), /(container|pod) \S* ?healthy-/);
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:release": { timeout: 90 },
      "model-deployment:models": {
        healthy: { tag: "1.0.0" },
        ...Object.fromEntries(
          Object.entries(broken).map(([name, { settings }]) => [
            name,
            { tag: "1.0.0", ...settings },
          ]),
        ),
      },
    }));
    output = await copy.failingUp();
    assert.match(output, /failed, and has been uninstalled due to atomic being set/);
  });

  for (const [name, { told }] of Object.entries(broken)) {
    it(`tells once what is wrong with ${name}`, () => {
      // The diagnostics at the end; before them each is shown as it is found.
      const diagnostics = output.slice(output.indexOf("Diagnostics:"));
      assert.match(diagnostics, told);
      const warnings = diagnostics.match(new RegExp(`warning: .*\\b${name}-[0-9a-f]`, "g"));
      assert.equal(warnings?.length, 1, diagnostics);
    });
  }

  it("says how the wait can be ended", () => {
    assert.match(output, /Helm waits until 90 seconds are over and then rolls back; Ctrl-C ends/);
  });

  it("leaves what is well alone, and the next update works", async () => {
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:models": { healthy: { tag: "1.0.0" } },
    }));
    await copy.up();
    const { ingressUrl } = await copy.model("healthy");
    await awaitPrediction(ingressUrl, { golden: copy.golden("1.0.0") });
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });
});
