/** Models that are not baked in, several in one stack, changed under traffic, and refused. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { awaitOnly, duringTraffic } from "./traffic";
import { createVolume, deleteVolume } from "./volume";
import { createNamespace, STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "model-sources";
const CLAIM = "team-models";

describe("models from other sources, side by side in one stack", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    // The namespace is made here, as a platform team would: the claim must be there before the model.
    await createNamespace(NAMESPACE);
    await createVolume(NAMESPACE, CLAIM, copy.path("models"));
    copy.openToPods();
    const configMap = { configMap: { path: "models/{name}/{tag}/model.pkl" } };
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:createNamespace": false,
      "model-deployment:source": configMap,
      "model-deployment:models": {
        "breast-cancer": { tag: "1.0.0" },
        diabetes: {
          tag: "1.0.0",
          sha256: copy.sha256("1.0.0", "diabetes"),
          source: {
            persistentVolumeClaim: { existingClaim: CLAIM, subPath: "{name}/{tag}" },
          },
        },
        "on-volume": {
          tag: "1.0.0",
          sha256: copy.sha256("1.0.0"),
          source: {
            persistentVolumeClaim: { existingClaim: CLAIM, subPath: "breast-cancer/{tag}" },
          },
        },
        wine: { tag: "1.0.0" },
      },
    }));
  });

  after(async () => {
    await copy?.removeWithStack();
    await deleteVolume(NAMESPACE, CLAIM);
  });

  it("answer as plain XGBoost does: binary, regression and multi-class, 30, 10 and 13 features", async () => {
    await copy.up();
    for (const name of ["breast-cancer", "diabetes", "wine"]) {
      const golden = copy.golden("1.0.0", name);
      const { ingressUrl, model } = await copy.model(name);
      await awaitPrediction(ingressUrl, { golden });
      for (const row of golden.features.keys()) {
        const answer = await checkPrediction(ingressUrl, { golden, row });
        assert.equal(answer.headers["x-model-sha256"], model.sha256);
      }
    }
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("change in a ConfigMap without a failed request, shown by the preview in plain values", async () => {
    const before = await copy.model();
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    const sha = copy.sha256("2.0.0");
    const preview = await copy.pulumi("preview", "--diff", "--stack", STACK);
    assert.ok(preview.includes(`"${before.model.sha256}" => "${sha}"`), preview);
    assert.match(preview, /"1\.0\.0" => "2\.0\.0"/);
    const versions = { "1.0.0": copy.golden("1.0.0"), "2.0.0": copy.golden("2.0.0") };
    const traffic = await duringTraffic(before.ingressUrl, versions, async () => {
      await copy.up();
      await awaitOnly(before.ingressUrl, { golden: versions["2.0.0"], sha256: sha });
    });
    assert.deepEqual(traffic.failures, [], `of ${traffic.total} requests`);
    assert.ok((traffic.byVersion["1.0.0"] ?? 0) > 0 && (traffic.byVersion["2.0.0"] ?? 0) > 0);
    const { model, image } = await copy.model();
    assert.equal(model.sha256, sha);
    assert.equal(image, before.image, "a new model in a ConfigMap must not build an image");
  });

  it("change in a volume without a failed request", async () => {
    const { ingressUrl } = await copy.model("on-volume");
    const sha = copy.sha256("2.0.0");
    await copy.setConfig("models.on-volume.tag", "2.0.0");
    await copy.setConfig("models.on-volume.sha256", sha);
    const versions = { "1.0.0": copy.golden("1.0.0"), "2.0.0": copy.golden("2.0.0") };
    const traffic = await duringTraffic(ingressUrl, versions, async () => {
      await copy.up();
      await awaitOnly(ingressUrl, { golden: versions["2.0.0"], sha256: sha });
    });
    assert.deepEqual(traffic.failures, [], `of ${traffic.total} requests`);
  });

  it("never get traffic if the file in the volume is another than the sha256 says", async () => {
    const { ingressUrl } = await copy.model("on-volume");
    copy.writeConfig((config) => ({ ...config, "model-deployment:release": { timeout: 30 } }));
    await copy.setConfig("models.on-volume.sha256", "0".repeat(64));
    const versions = { "2.0.0": copy.golden("2.0.0") };
    let said = "";
    const traffic = await duringTraffic(ingressUrl, versions, async () => {
      said = await copy.failingUp();
    });
    assert.deepEqual(traffic.failures, [], `of ${traffic.total} requests`);
    assert.match(
      said,
      /container server of pod on-volume-\S+ ended with exit code 1:\n.*has sha256 \w+, but 0{64} is pinned/,
    );
    await copy.setConfig("models.on-volume.sha256", copy.sha256("2.0.0"));
    await copy.up();
    await checkPrediction(ingressUrl, { golden: copy.golden("2.0.0") });
  });

  it("are refused as a pickle where pickles are not allowed", async () => {
    await copy.setConfig("allowPickle", "false");
    assert.match(await copy.failingUp(), /is a pickle.*allowPickle is false/);
    await copy.pulumi("config", "rm", "allowPickle", "--stack", STACK);
  });

  it("are refused over 1 MiB in a ConfigMap, before anything changes, with the way out", async () => {
    const folder = copy.path("models/breast-cancer/3.0.0");
    fs.cpSync(copy.path("models/breast-cancer/2.0.0"), folder, { recursive: true });
    fs.appendFileSync(path.join(folder, "model.pkl"), Buffer.alloc(1_200_000));
    await copy.setConfig("models.breast-cancer.tag", "3.0.0");
    assert.match(await copy.failingUp(), /source\.configMap\.path: .*3\.0\.0\/model\.pkl .*1 MiB/);
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("never get traffic if they fail their golden requests; the old one goes on", async () => {
    const folder = copy.path("models/breast-cancer/4.0.0");
    fs.cpSync(copy.path("models/breast-cancer/1.0.0"), folder, { recursive: true });
    const golden = copy.golden("1.0.0");
    golden.predictions[3] = 1 - Number(golden.predictions[3]);
    fs.writeFileSync(path.join(folder, "golden.json"), JSON.stringify(golden));
    await copy.setConfig("models.breast-cancer.tag", "4.0.0");
    const { ingressUrl } = await copy.model();
    const versions = { "2.0.0": copy.golden("2.0.0") };
    const traffic = await duringTraffic(ingressUrl, versions, () => copy.failingUp());
    assert.deepEqual(traffic.failures, [], `of ${traffic.total} requests`);
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    await copy.up();
    await checkPrediction(ingressUrl, { golden: copy.golden("2.0.0") });
  });

  it("need a sha256 if they are in a volume", async () => {
    copy.writeConfig((config) => {
      const models = config["model-deployment:models"] as Record<string, Record<string, unknown>>;
      const { sha256: _, ...diabetes } = models.diabetes ?? {};
      return { ...config, "model-deployment:models": { ...models, diabetes } };
    });
    assert.match(await copy.failingUp(), /models\.diabetes\.sha256/);
  });
});
