/** From one stack to another: models that no image holds, but a volume or a web server. */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { parse, stringify } from "yaml";
import { awaitPrediction } from "../../local/predict";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { createVolume, deleteVolume } from "./volume";
import { WebServer } from "./webServer";
import { kubectl, STACK, WorkingCopy } from "./workingCopy";

const STAGING = "sources-staging";
const PRODUCTION = "sources-production";
const NAMESPACES = [STAGING, PRODUCTION];
const CLAIM = "team-models";
/** Both are versions of breast-cancer. */
const MODELS = ["mounted", "downloaded"];

type Models = Record<string, { tag: string; sha256?: string; source: object; image?: object }>;

describe("a promotion of models outside of the image", function () {
  this.timeout(300_000);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  let web: WebServer;
  let productionFile: string;

  const sha256 = (version: string) =>
    createHash("sha256")
      .update(fs.readFileSync(copy.path("models/breast-cancer", version, "model.pkl")))
      .digest("hex");

  /** As each team writes it: production names the places, and leaves to a promotion what is there. */
  const models = (tag: string, sum: string): Models => ({
    mounted: {
      tag,
      sha256: sum,
      source: {
        persistentVolumeClaim: { existingClaim: CLAIM, subPath: "breast-cancer/{tag}" },
      },
    },
    downloaded: {
      tag,
      sha256: sum,
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
  const upProduction = () =>
    copy.tryPulumi("up", "--yes", "--skip-preview", "--stack", "production");

  before(async () => {
    copy = WorkingCopy.create(STAGING);
    copy.openToPods();
    web = await WebServer.start(copy.path("models"));
    productionFile = copy.path("Pulumi.production.yaml");
    for (const stack of [STACK, "production"]) await copy.pulumi("stack", "init", stack);
    for (const namespace of NAMESPACES) {
      await kubectl("create", "namespace", namespace);
      await createVolume(namespace, CLAIM, copy.path("models"));
    }
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:createNamespace": false,
      "model-deployment:source": {},
      "model-deployment:models": models("2.0.0", sha256("2.0.0")),
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
          "model-deployment:models": models("1.0.0", sha256("1.0.0")),
        },
      }),
    );
    await copy.up();
  });

  after(async () => {
    await copy?.removeWithStack(STACK, "production");
    for (const namespace of NAMESPACES) {
      await kubectl("delete", "namespace", namespace, "--ignore-not-found");
      await deleteVolume(namespace, CLAIM);
    }
    await web?.stop();
  });

  it("carries over what was served, and by which images", async () => {
    for (const name of MODELS) {
      const { code, stdout, stderr } = await promote(name);
      assert.equal(code, 0, stdout + stderr);
      const { models: promoted } = Object.fromEntries(
        Object.entries(parse(fs.readFileSync(productionFile, "utf8")).config).map(
          ([key, value]) => [key.replace("model-deployment:", ""), value],
        ),
      ) as { models: Models };
      const [found, served] = [promoted[name], await copy.model(name)];
      assert.equal(found?.tag, "2.0.0");
      assert.equal(found?.sha256, served.model.sha256);
      assert.equal(
        (found?.image as { digest: string } | undefined)?.digest,
        served.image.split("@")[1],
      );
    }
  });

  it("deploys them without a build", async () => {
    const preview = await copy.pulumi("preview", "--json", "--stack", "production");
    assert.doesNotMatch(preview, /docker-build:index:Image/);
    const { code, stdout, stderr } = await upProduction();
    assert.equal(code, 0, stdout + stderr);
    for (const name of MODELS) {
      const { ingressUrl, model } = await copy.model(name, "production");
      assert.equal(model.sha256, sha256("2.0.0"));
      await awaitPrediction(ingressUrl, {
        golden: copy.golden("2.0.0"),
        sha256: model.sha256,
      });
    }
  });

  it("lets no pod serve another file that was put there meanwhile", async () => {
    const file = copy.path("models/breast-cancer/2.0.0/model.pkl");
    fs.copyFileSync(copy.path("models/breast-cancer/1.0.0/model.pkl"), file);
    for (const name of MODELS)
      await kubectl("rollout", "restart", `deployment/${name}`, `--namespace=${PRODUCTION}`);
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
    for (const text of said) assert.match(text, /timed out waiting for the condition/);
    for (const name of MODELS) {
      const { ingressUrl, model } = await copy.model(name, "production");
      await awaitPrediction(ingressUrl, {
        golden: copy.golden("2.0.0"),
        sha256: model.sha256,
      });
    }
  });
});
