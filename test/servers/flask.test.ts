/** A Flask app with a Dockerfile of its own: under Flask's server and under gunicorn, its model baked in and mounted. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { parse, stringify } from "yaml";
import type { Golden } from "../../shared/golden";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { run, tryRun } from "../../shared/run";
import { kubectl, STACK, WorkingCopy } from "../end-to-end/workingCopy";
import { sha256Of } from "../sha256Of";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";

const NAMESPACE = "own-server";
const MODELS = ["flask", "gunicorn"];

describe("a server of somebody's own", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  let golden: Golden;

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    await run(".venv/bin/python", [copy.path("examples/flask/train.py")]);
    golden = JSON.parse(fs.readFileSync(copy.path("examples/flask/golden.json"), "utf8"));
    const example = parse(fs.readFileSync(copy.path("examples/flask/Pulumi.flask.yaml"), "utf8"));
    const of = (key: string) => example.config[`model-deployment:${key}`];
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:source": {},
      "model-deployment:image": {
        ...(config["model-deployment:image"] as object),
        context: of("image").context,
      },
      "model-deployment:resources": of("resources"),
      "model-deployment:values": of("values"),
      "model-deployment:models": of("models"),
    }));
  });

  after(() => copy?.removeWithStack());

  it("is built and deployed, answers as its model does, and is no change the second time", async () => {
    await copy.up();
    for (const name of MODELS) {
      const { ingressUrl, image } = await copy.model(name);
      assert.match(image, new RegExp(`/${name}:1\\.0\\.0-[0-9a-f]{12}@sha256:[0-9a-f]{64}$`));
      await awaitPrediction(ingressUrl, { golden });
      for (const row of golden.features.keys()) {
        await checkPrediction(ingressUrl, { golden, row });
      }
    }
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("passes helm test, by its golden requests", async () => {
    for (const name of MODELS) {
      const { code, stdout, stderr } = await copy.tryRun("helm", [
        "test",
        name,
        `--namespace=${NAMESPACE}`,
        "--logs",
      ]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /20 golden requests answered as expected/);
    }
  });

  it("starts with the model that was meant: its sum is compared first", async () => {
    const log = await kubectl(
      "logs",
      "deployment/gunicorn",
      "--container=verify-model",
      `--namespace=${NAMESPACE}`,
    );
    const sha256 = sha256Of(copy.path("examples/flask/model.pkl"));
    assert.equal(log, `the model at /app/model.pkl has the sha256 ${sha256}, as expected\n`);
  });

  it("serves on while an update answers otherwise, or listens on another port: both are told", async () => {
    const before = await Promise.all(MODELS.map((name) => copy.model(name)));
    const wrong = { ...golden, predictions: golden.predictions.map((one) => Number(one) + 1) };
    fs.writeFileSync(copy.path("wrong.json"), JSON.stringify(wrong));
    const file = copy.path(`Pulumi.${STACK}.yaml`);
    const good = fs.readFileSync(file, "utf8");
    const stack = parse(good);
    stack.config["model-deployment:release"] = { timeout: 60 };
    const models = stack.config["model-deployment:models"];
    models.flask.golden = "wrong.json";
    models.gunicorn.values.server.args[0] = "--bind=0.0.0.0:5999";
    fs.writeFileSync(file, stringify(stack));
    const output = await copy.failingUp();
    assert.match(output, /golden request 0: the prediction is \S+, expected \S+/);
    assert.match(output, /nothing listens on port 5000/);
    for (const { ingressUrl } of before) {
      await checkPrediction(ingressUrl, { golden });
    }
    fs.writeFileSync(file, good);
    await copy.up();
    for (const { ingressUrl } of before) {
      await awaitPrediction(ingressUrl, { golden });
    }
  });

  it("is promoted by what its pods answer", async () => {
    const args = [
      "promotion/cli.ts",
      "promote",
      "--model",
      "flask",
      "--from",
      STACK,
      "--to",
      "own",
    ];
    fs.writeFileSync(
      copy.path("Pulumi.own.yaml"),
      stringify({
        config: {
          "model-deployment:image": { registry: "localhost:5001/own-server" },
          "model-deployment:models": {
            flask: { tag: "0.9.0", values: { server: { kind: "own" } } },
          },
        },
      }),
    );
    const node = ["--require", "ts-node/register/transpile-only", ...args, "--soak", "0"];
    const { code, stdout, stderr } = await tryRun("node", node, {
      cwd: copy.folder,
      env: copy.env,
    });
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /1 pods asked: each answers 5 golden requests as expected/);
    const text = fs.readFileSync(copy.path("Pulumi.own.yaml"), "utf8");
    const { image } = await copy.model("flask");
    assert.ok(text.includes(image.split("@")[1] ?? ""), text);
  });
});
