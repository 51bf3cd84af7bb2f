/** From one stack to another by the same digests, refused without proof, and back again. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { awaitPrediction } from "../../shared/predict";
import { type RunResult, waitFor } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { awaitRight, kubectl, STACK, WorkingCopy } from "./workingCopy";

const STAGING = "promotion-staging";
const PRODUCTION = "promotion-production";
const MODELS = ["breast-cancer", "wine"];

/** What a platform team keeps: nothing is built, and there are words for people in it. */
const production = `# Production. Ask the platform team before you change the namespace.
encryptionsalt: v1:kgbtLbrJQLE=:v1:yE2InzHNfTuR0Zcu:CHnQt7uXB7hLcXJmnZnXNmB9mLm1XA==
config:
  model-deployment:namespace:   ${PRODUCTION}   # theirs
  model-deployment:createNamespace: "true"
  model-deployment:image: { registry: "localhost:5001/${STAGING}" }
  model-deployment:ingress:
      hosts:
          - host: "{name}.${PRODUCTION}.localhost"
      port: 8080
  model-deployment:resources: { requests: { cpu: 20m, memory: 64Mi } }
  model-deployment:models:
      # Small, and often trained anew.
      wine:
          tag: 0.9.0   # by hand, before there was a promotion
          source:
              configMap:
                  path: models/{name}/{tag}/model.pkl
`;

/** A value and a build argument that the program does not know of, and a password that it does. */
const encrypted = [
  "models.breast-cancer.values.podAnnotations.note",
  "image.buildArgs.NOTE",
  "image.credentials.password",
];
const secret = "hunter2-in-plain-text";

const promotion = ["promote", "--model", "breast-cancer", "--from", STACK, "--to", "production"];

describe("a promotion", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  let productionFile: string;
  /** All that Pulumi has said of the source. */
  let printed = "";

  const cli = (args: string[], env?: Record<string, string>): Promise<RunResult> =>
    copy.tryRun(
      process.execPath,
      ["--require", "ts-node/register/transpile-only", "promotion/cli.ts", ...args],
      env,
    );
  const promote = (model: string, ...more: string[]) => promoteTo("production", model, ...more);
  const promoteTo = (stack: string, model: string, ...more: string[]) =>
    cli(["promote", "--model", model, "--from", STACK, "--to", stack, ...more]);

  async function accepted(running: Promise<RunResult>): Promise<string> {
    const { code, stdout, stderr } = await running;
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }

  /** Nothing may have been written. */
  async function refused(running: Promise<RunResult>, reason: RegExp): Promise<string> {
    const before = fs.readFileSync(productionFile, "utf8");
    const { code, stdout, stderr } = await running;
    assert.equal(code, 1, stdout + stderr);
    assert.match(stderr, reason);
    assert.equal(fs.readFileSync(productionFile, "utf8"), before);
    return stderr;
  }

  /** Production runs what staging runs, and the pods say so themselves. */
  async function checkProduction(version: string, name = "breast-cancer"): Promise<void> {
    const [source, target] = [await copy.model(name), await copy.model(name, "production")];
    assert.equal(target.image.split("@")[1], source.image.split("@")[1]);
    assert.equal(target.model.sha256, source.model.sha256);
    const golden = copy.golden(version, name);
    await awaitPrediction(target.ingressUrl, { golden, sha256: source.model.sha256 });
  }

  const upProduction = () => copy.pulumi("up", "--yes", "--skip-preview", "--stack", "production");

  const healthy = () =>
    kubectl(
      "rollout",
      "status",
      "deployment/breast-cancer",
      `--namespace=${STAGING}`,
      `--timeout=${TIMEOUT_MS / 1000}s`,
    );

  before(async () => {
    copy = WorkingCopy.create(STAGING);
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:models": {
        "breast-cancer": { tag: "1.0.0" },
        wine: { tag: "1.0.0", source: { configMap: { path: "models/{name}/{tag}/model.pkl" } } },
      },
    }));
    productionFile = copy.path("Pulumi.production.yaml");
    fs.writeFileSync(productionFile, production);
    for (const stack of [STACK, "production"]) {
      await copy.pulumi("stack", "init", stack);
    }
    fs.writeFileSync(productionFile, production);
    await copy.setConfig("image.credentials.username", "ci");
    for (const key of encrypted) {
      await copy.setConfig(key, secret, "--secret");
    }
  });

  after(() => copy?.removeWithStack(PRODUCTION));

  it("is refused of what the source has never deployed", async () => {
    await refused(promote("breast-cancer"), /end-to-end has never deployed breast-cancer/);
    await refused(promote("breast-cancer"), /end-to-end was never updated/);
  });

  it("is refused of what the source has not served for long enough", async () => {
    printed += await copy.pulumi("preview", "--diff", "--stack", STACK);
    printed += await copy.up();
    await refused(promote("breast-cancer"), /ready for \d+ (s|min) only, 10 min are asked for/);
  });

  it("comes from a stack that keeps secrets: not in its state, outputs, previews or logs", async () => {
    for (const command of [["export"], ["output", "--json"], ["history", "--json"]]) {
      printed += await copy.pulumi("stack", ...command, "--stack", STACK);
    }
    await kubectl("get", "pods", `--namespace=${STAGING}`, "--output=json").then((pods) =>
      assert.ok(pods.includes(secret), "the pods must have it, or this shows nothing"),
    );
    assert.ok(!printed.includes(secret));
  });

  it("changes the lines of the model, and no other", async () => {
    const { image, model } = await copy.model();
    for (const name of MODELS) {
      await accepted(promote(name, "--soak", "1s"));
    }
    const wine = await copy.model("wine");
    const digestOf = ({ image: reference }: { image: string }) => reference.split("@")[1];
    const expected = production
      .replace(
        "tag: 0.9.0   # by hand, before there was a promotion\n",
        `tag: 1.0.0   # by hand, before there was a promotion\n` +
          `          sha256: ${wine.model.sha256}\n` +
          `          image:\n            digest: ${digestOf(wine)}\n` +
          `            tag: "${/:([^:@]+)@/.exec(wine.image)?.[1]}"\n`,
      )
      .concat(
        `      breast-cancer:\n        tag: 1.0.0\n        sha256: ${model.sha256}\n` +
          `        image:\n          digest: ${digestOf({ image })}\n` +
          `          tag: "${/:([^:@]+)@/.exec(image)?.[1]}"\n`,
      );
    assert.equal(
      fs.readFileSync(productionFile, "utf8").replaceAll('"', ""),
      expected.replaceAll('"', ""),
    );
  });

  it("deploys the same image and model without a build", async () => {
    const preview = await copy.pulumi("preview", "--json", "--stack", "production");
    assert.doesNotMatch(preview, /docker-build:index:Image/);
    await upProduction();
    for (const name of MODELS) {
      await checkProduction("1.0.0", name);
    }
  });

  it("is refused where the image is not, with the command that copies it; and accepted after that", async () => {
    const file = copy.path("Pulumi.elsewhere.yaml");
    // The registry keeps what an earlier run copied, and the same build has the same digest.
    const elsewhere = `promotion-elsewhere-${Date.now()}`;
    fs.writeFileSync(file, production.replace(`5001/${STAGING}`, `5001/${elsewhere}`));
    const said = await refused(
      promoteTo("elsewhere", "breast-cancer", "--soak", "1s"),
      /localhost:5001\/promotion-elsewhere-\d+\/breast-cancer has no sha256:/,
    );
    const command = /promote again: (.*)/.exec(said)?.[1] ?? "";
    await accepted(copy.tryRun("bash", ["-c", command]));
    await accepted(promoteTo("elsewhere", "breast-cancer", "--soak", "1s"));
  });

  it("is refused after an update of the source that failed", async () => {
    await copy.setConfig("models.breast-cancer.tag", "9.9.9");
    await copy.failingUp();
    await refused(promote("breast-cancer", "--soak", "0"), /the last update of end-to-end failed/);
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    await copy.up();
  });

  it("is refused while the pods of the source are not ready, or are others", async () => {
    const patch = JSON.stringify([
      {
        op: "replace",
        path: "/spec/template/spec/containers/0/readinessProbe/httpGet/path",
        value: "/no",
      },
    ]);
    const target = ["deployment/breast-cancer", `--namespace=${STAGING}`];
    await kubectl("patch", ...target, "--type=json", `--patch=${patch}`);
    await refused(
      promote("breast-cancer", "--soak", "0"),
      /being rolled out|pods of breast-cancer are ready/,
    );
    await kubectl("rollout", "undo", ...target);
    await healthy();
    await kubectl("scale", ...target, "--replicas=0");
    await refused(promote("breast-cancer", "--soak", "0"), /replicas is 0, so nothing was served/);
    await kubectl("scale", ...target, "--replicas=1");
    await healthy();
  });

  it("is refused after a restart of the server, and accepted of new pods", async () => {
    const target = ["deployment/breast-cancer", `--namespace=${STAGING}`];
    const restarts = () =>
      kubectl(
        "get",
        "pods",
        `--namespace=${STAGING}`,
        "--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}",
      );
    await kubectl("exec", ...target, "--", "python3", "-c", "import os; os.kill(1, 15)");
    assert.ok(await waitFor(async () => (await restarts()).includes("1"), TIMEOUT_MS));
    await healthy();
    await refused(promote("breast-cancer", "--soak", "0"), /container server was restarted 1 time/);
    await kubectl("rollout", "restart", ...target);
    await healthy();
  });

  it("asks the ingress where the pods may not be asked", async () => {
    const KUBECONFIG = copy.path("viewer.json");
    const namespace = `--namespace=${STAGING}`;
    await kubectl("create", "serviceaccount", "viewer", namespace);
    const rights = ["--verb=get,list", "--resource=deployments.apps,pods"];
    await kubectl("create", "role", "viewer", ...rights, namespace);
    const binding = ["--role=viewer", `--serviceaccount=${STAGING}:viewer`, namespace];
    await kubectl("create", "rolebinding", "viewer", ...binding);
    await awaitRight(`system:serviceaccount:${STAGING}:viewer`, ["list", "pods"], STAGING);
    const token = (await kubectl("create", "token", "viewer", namespace)).trim();
    const config = JSON.parse(
      await kubectl("config", "view", "--raw", "--minify", "--output=json"),
    );
    config.users[0].user = { token };
    fs.writeFileSync(KUBECONFIG, JSON.stringify(config));
    const said = await accepted(cli([...promotion, "--soak", "0", "--dry-run"], { KUBECONFIG }));
    assert.match(
      said,
      /http:\/\/breast-cancer\.promotion-staging\.localhost:8080\/ answers: ready/,
    );
  });

  it("asks nobody if the cluster is not there, and only if told so", async () => {
    const args = [...promotion, "--dry-run"];
    const nowhere = { KUBECONFIG: copy.path("no-such-kubeconfig") };
    await refused(cli(args, nowhere), /the cluster of end-to-end cannot be asked/);
    const said = await accepted(cli([...args, "--without-cluster-check"], nowhere));
    assert.match(said, /models\.breast-cancer\.tag: 1\.0\.0 → 2\.0\.0/);
  });

  it("of the next version is undone by the one before, by the same digest", async () => {
    const before = fs.readFileSync(productionFile, "utf8");
    const { image } = await copy.model("breast-cancer", "production");
    await accepted(promote("breast-cancer", "--soak", "0"));
    await upProduction();
    await checkProduction("2.0.0");

    await accepted(cli(["rollback", "--model", "breast-cancer", "--stack", "production"]));
    assert.equal(fs.readFileSync(productionFile, "utf8"), before);
    await upProduction();
    const after = await copy.model("breast-cancer", "production");
    assert.equal(after.image, image);
    const { sha256 } = after.model;
    await awaitPrediction(after.ingressUrl, { golden: copy.golden("1.0.0"), sha256 });
  });

  it("cannot be undone where nothing was before", async () => {
    await refused(
      cli(["rollback", "--model", "wine", "--stack", "production"]),
      /production has no update in its last \d+ that succeeded with another model/,
    );
  });
});
