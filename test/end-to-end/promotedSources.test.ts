/** From one stack to another: models that no image holds, but a volume or a web server. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { parse, stringify } from "yaml";
import { awaitPrediction } from "../../shared/predict";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { createVolume, deleteVolume } from "./volume";
import { WebServer } from "./webServer";
import { createNamespace, kubectl, STACK, WorkingCopy } from "./workingCopy";

const STAGING = "sources-staging";
const PRODUCTION = "sources-production";
const NAMESPACES = [STAGING, PRODUCTION];
const CLAIM = "team-models";
/** Both are versions of breast-cancer. */
const MODELS = ["mounted", "downloaded"];

describe("a promotion of models outside of the image", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  let web: WebServer;
  let productionFile: string;

  /** As each team writes it: production names the places, and leaves to a promotion what is there. */
  const models = (tag: string) => ({
    mounted: {
      tag,
      sha256: copy.sha256(tag),
      source: {
        persistentVolumeClaim: { existingClaim: CLAIM, subPath: "breast-cancer/{tag}" },
      },
    },
    downloaded: {
      tag,
      sha256: copy.sha256(tag),
      source: {
        uri: {
          location: `${web.url()}/breast-cancer/{tag}/model.pkl`,
          goldenLocation: `${web.url()}/breast-cancer/{tag}/golden.json`,
        },
      },
    },
  });

  const promote = (model: string) =>
    copy.tryRun(process.execPath, [
      ...["--require", "ts-node/register/transpile-only", "promotion/cli.ts", "promote"],
      ...["--model", model, "--from", STACK, "--to", "production", "--soak", "1s"],
    ]);

  before(async () => {
    copy = WorkingCopy.create(STAGING);
    copy.openToPods();
    web = await WebServer.start(copy.path("models"));
    productionFile = copy.path("Pulumi.production.yaml");
    for (const stack of [STACK, "production"]) {
      await copy.pulumi("stack", "init", stack);
    }
    for (const namespace of NAMESPACES) {
      await createNamespace(namespace);
      await createVolume(namespace, CLAIM, copy.path("models"));
    }
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:createNamespace": false,
      "model-deployment:source": {},
      "model-deployment:models": models("2.0.0"),
    }));
    const staging = parse(fs.readFileSync(copy.path(`Pulumi.${STACK}.yaml`), "utf8"));
    fs.writeFileSync(
      productionFile,
      stringify({
        ...staging,
        config: {
          ...staging.config,
          "model-deployment:namespace": PRODUCTION,
          "model-deployment:ingress": {
            hosts: [{ host: `{name}.${PRODUCTION}.localhost` }],
            port: 8080,
          },
          "model-deployment:models": models("1.0.0"),
        },
      }),
    );
    await copy.up();
  });

  after(async () => {
    await copy?.removeWithStack(PRODUCTION);
    for (const namespace of NAMESPACES) {
      await deleteVolume(namespace, CLAIM);
    }
    await web?.stop();
  });

  it("carries over what was served, and by which images", async () => {
    for (const name of MODELS) {
      const { code, stdout, stderr } = await promote(name);
      assert.equal(code, 0, stdout + stderr);
      const { config } = parse(fs.readFileSync(productionFile, "utf8"));
      const { tag, sha256, image } = config["model-deployment:models"][name];
      const served = await copy.model(name);
      assert.deepEqual(
        [tag, sha256, image.digest],
        ["2.0.0", served.model.sha256, served.image.split("@")[1]],
      );
    }
  });

  it("deploys them without a build", async () => {
    const preview = await copy.pulumi("preview", "--json", "--stack", "production");
    assert.doesNotMatch(preview, /docker-build:index:Image/);
    await copy.pulumi("up", "--yes", "--skip-preview", "--stack", "production");
    for (const name of MODELS) {
      const { ingressUrl, model } = await copy.model(name, "production");
      assert.equal(model.sha256, copy.sha256("2.0.0"));
      await awaitPrediction(ingressUrl, {
        golden: copy.golden("2.0.0"),
        sha256: model.sha256,
      });
    }
  });

  it("lets no pod serve another file that was put there meanwhile", async () => {
    const file = copy.path("models/breast-cancer/2.0.0/model.pkl");
    fs.copyFileSync(copy.path("models/breast-cancer/1.0.0/model.pkl"), file);
    for (const name of MODELS) {
      await kubectl("rollout", "restart", `deployment/${name}`, `--namespace=${PRODUCTION}`);
    }
    // The pods of before serve on; the new ones say what they found.
    const said = await Promise.all(
      MODELS.map((name) =>
        kubectl(
          ...["rollout", "status", `deployment/${name}`, `--namespace=${PRODUCTION}`],
          "--timeout=20s",
        ).then(
          () => "",
          (error: unknown) => String(error),
        ),
      ),
    );
    for (const text of said) {
      assert.match(text, /timed out waiting for the condition/);
    }
    for (const name of MODELS) {
      const { ingressUrl, model } = await copy.model(name, "production");
      await awaitPrediction(ingressUrl, {
        golden: copy.golden("2.0.0"),
        sha256: model.sha256,
      });
    }
  });
});
