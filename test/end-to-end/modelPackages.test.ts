/** A model that is a folder and needs packages: locked, built, served, changed, and from a ConfigMap too. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { BASE_IMAGE } from "../../local/settings";
import type { Golden } from "../../shared/golden";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { kubectl, STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "model-packages";

/** With a login, as a private index would want it. The public one, which pip asks by itself, does not look at it. */
function indexFor(token: string) {
  const code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)";
  const index = new URL(execFileSync(".venv/bin/python", ["-c", code], { encoding: "utf8" }));
  index.username = "ci";
  index.password = token;
  return { PIP_INDEX_URL: index.href };
}
const TOKEN = "a-token-of-the-tests";

/** Own code with a file beside it and a package that the server has not. */
const FILES: Record<string, string> = {
  "predictor.py": `
import json
from pathlib import Path

import humanize

feature_count = 3

class Ranks:
    def __init__(self, weights):
        self.weights = weights

    def predict(self, rows):
        return [humanize.ordinal(int(value)) for value in rows @ self.weights]

def load(folder):
    return Ranks(json.loads((Path(folder) / "weights.json").read_text()))
`,
  "weights.json": "[1, 10, 100]",
  "golden.json": JSON.stringify({
    features: [
      [1, 0, 0],
      [2, 1, 3],
    ],
    predictions: ["1st", "312th"],
  }),
  "requirements.txt": "# What predictor.py imports.\nhumanize==4.*\nnumpy\n",
};

describe("a model with packages of its own", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  let golden: Golden;
  const folder = (...names: string[]) => copy.path("models", "ranks", "1.0.0", ...names);

  /** What `make lock-model` does. */
  const lock = (...args: string[]) =>
    copy.tryRun(process.execPath, [
      ...["--require", "ts-node/register/transpile-only", "lock/cli.ts"],
      ...args,
    ]);

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    fs.mkdirSync(folder(), { recursive: true });
    for (const [name, content] of Object.entries(FILES)) {
      fs.writeFileSync(folder(name), content);
    }
    golden = JSON.parse(fs.readFileSync(folder("golden.json"), "utf8")) as Golden;
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:source": { image: { path: "models/{name}/{tag}" } },
      "model-deployment:models": { ranks: { tag: "1.0.0" } },
    }));
  });

  after(async () => {
    await copy?.removeWithStack();
  });

  it("is refused without a lock, with the command that makes one", async () => {
    assert.match(
      await copy.failingUp(),
      new RegExp(
        `requirements\\.txt are not locked: .* make lock-model REQUIREMENTS=models/ranks/1\\.0\\.0/requirements\\.txt ARGS="--base-image=${BASE_IMAGE}"`,
      ),
    );
  });

  it("is told what cannot be locked beside the server", async () => {
    const conflicting = copy.pathBeside("conflicting.txt");
    fs.writeFileSync(conflicting, "requests==2.20.0\n");
    const { code, stderr } = await lock(`--base-image=${BASE_IMAGE}`, conflicting);
    assert.equal(code, 1);
    assert.match(stderr, /requests 2\.20\.0 depends on idna<2\.8/);
    assert.match(stderr, /What is called a constraint is what the server itself needs/);
  });

  it("is locked by that command, and answers as its code does", async () => {
    const { code, stdout, stderr } = await lock("--model", "ranks", "--stack", STACK);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /models\/ranks\/1\.0\.0\/requirements\.lock is written/);
    const update = ["up", "--yes", "--skip-preview", "--stack", STACK];
    const { code: updated, stdout: told } = await copy.tryRun("pulumi", update, indexFor(TOKEN));
    assert.equal(updated, 0, told);
    const { ingressUrl, model, image } = await copy.model("ranks");
    await awaitPrediction(ingressUrl, { golden, sha256: model.sha256 });
    for (const row of golden.features.keys()) {
      await checkPrediction(ingressUrl, { golden, row, sha256: model.sha256 });
    }
    assert.match(image, /\/ranks:1\.0\.0-/);
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("keeps the login of the package index to the build, and is the same with another one", async () => {
    const exported = await copy.pulumi("stack", "export", "--stack", STACK);
    assert.ok(!exported.includes(TOKEN));
    const preview = ["preview", "--expect-no-changes", "--stack", STACK];
    const { code, stdout } = await copy.tryRun("pulumi", preview, indexFor("of-tomorrow"));
    assert.equal(code, 0, stdout);
  });

  it("is another model with another content of a file in its folder, which a preview shows", async () => {
    const { model } = await copy.model("ranks");
    fs.writeFileSync(folder("weights.json"), "[1, 10, 1000]");
    try {
      const preview = await copy.pulumi("preview", "--diff", "--stack", STACK);
      assert.match(preview, new RegExp(`"${model.sha256}" => "[0-9a-f]{64}"`));
    } finally {
      fs.writeFileSync(folder("weights.json"), FILES["weights.json"] ?? "");
    }
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("becomes no image without what it needs, and the update says so", async () => {
    const { ingressUrl, model } = await copy.model("ranks");
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:image": {
        ...(config["model-deployment:image"] as object),
        requirements: "none",
      },
    }));
    assert.match(await copy.failingUp(), /cannot start: .*humanize/);
    await checkPrediction(ingressUrl, { golden, sha256: model.sha256 });
  });

  it("is the same model from a ConfigMap, in an image of the server with those packages", async () => {
    const before = await copy.model("ranks");
    copy.writeConfig((config) => {
      const { requirements: _, ...image } = config["model-deployment:image"] as Record<
        string,
        unknown
      >;
      return {
        ...config,
        "model-deployment:image": image,
        "model-deployment:source": { configMap: { path: "models/{name}/{tag}" } },
      };
    });
    await copy.up();
    const { ingressUrl, model, image } = await copy.model("ranks");
    assert.equal(model.sha256, before.model.sha256);
    assert.match(image, /\/model-server:[0-9a-f]{12}@sha256:/);
    await awaitPrediction(ingressUrl, { golden, sha256: model.sha256 });
    const layers = await Promise.all([before.image, image].map(layersOf));
    const [baked = [], mounted = []] = layers;
    assert.deepEqual(mounted, baked.slice(0, mounted.length), "the layers are not shared");
    assert.equal(baked.length, mounted.length + 1);
    const files = await kubectl(
      "exec",
      "deployment/ranks",
      `--namespace=${NAMESPACE}`,
      "--container=server",
      "--",
      "ls",
      "/mnt/model",
    );
    assert.deepEqual(files.split("\n").filter(Boolean).sort(), [
      "golden.json",
      "predictor.py",
      "requirements.lock",
      "requirements.txt",
      "weights.json",
    ]);
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });
});

interface Manifest {
  manifests?: { digest: string; platform?: { os?: string } }[];
  layers?: { digest: string }[];
}

/** Digests of an image's layers, from the base on. */
async function layersOf(image: string): Promise<string[]> {
  const [, host, name, digest] = /^([^/]+)\/(.+?)(?::[^:@/]+)?@(sha256:\w+)$/.exec(image) ?? [];
  const read = async (what = ""): Promise<Manifest> => {
    const accept = [
      "application/vnd.oci.image.index.v1+json",
      "application/vnd.oci.image.manifest.v1+json",
    ].join();
    const answer = await fetch(`http://${host}/v2/${name}/manifests/${what}`, {
      headers: { accept },
    });
    return (await answer.json()) as Manifest;
  };
  const manifest = await read(digest);
  // An index if the builder has added where the image was built.
  const own = manifest.manifests?.find(({ platform }) => platform?.os === "linux");
  const { layers = [] } = own === undefined ? manifest : await read(own.digest);
  return layers.map((layer) => layer.digest);
}
